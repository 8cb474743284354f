"""The entry point of `bench/peers/run`."""

import argparse
import sys

from . import agree, autoattack, choose, distance, golden, hour, pgd, queries, recipe, target

COMMANDS = {
    "pgd": pgd, "agree": agree, "recipe": recipe, "autoattack": autoattack, "distance": distance, "queries": queries, "golden": golden,
    "time-to-target": target, "cifar-hour": hour, "cifar-recipes": choose,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="run", description="Holdfast side by side with its peers")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        module.arguments(commands.add_parser(name, help=module.__doc__))
    options = parser.parse_args()
    return COMMANDS[options.command].run(options)


sys.exit(main())
