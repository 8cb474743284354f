"""The harness checks itself: `bench/peers/run test`."""

import os
import shlex
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from peers import agree, autoattack, blackbox, clock, distance, kinks, original, parts, queries, recipe
from peers.attacks import CONTENDERS, Budget, cross_entropy, input_gradient
from peers.inputs import fashion
from peers.minimal import advlib_attack, art_attack, foolbox_attack, optimality
from peers.nets import small_cnn
from peers.ours import OursFailed, PeerServer

STAND_IN = shlex.join([sys.executable, str(Path(__file__).with_name("stand_in.py"))])


class ClockTest(unittest.TestCase):
    def test_rounds_rotate_and_warmups_are_dropped(self):
        order = []
        contenders = {name: lambda name=name: order.append(name) or float(len(order)) for name in "abc"}
        times = clock.alternate(contenders, rounds=3, warmups=1)
        self.assertEqual("".join(order), "cab" + "abc" + "bca" + "cab")
        self.assertEqual(times["a"], [4.0, 9.0, 11.0])

    def test_ratio_is_of_medians_and_says_when_it_cannot_be_had(self):
        times = {"tuned": [1.0, 30.0, 50.0], "ours": [10.0, 20.0, 90.0]}
        self.assertEqual(clock.ratio(times, "tuned"), "1.50")
        self.assertEqual(clock.ratio(times, "art"), "n/a")
        self.assertIn("1.50", clock.table("work", times))


class AttackTest(unittest.TestCase):
    def test_every_contender_stays_in_ball_and_box_and_raises_the_loss(self):
        work = fashion()
        images, labels = work.batch(8)
        budget = Budget(0.1, 0.025, 3)
        loss = cross_entropy(labels)
        for name, make in CONTENDERS.items():
            with self.subTest(name):
                end = make(work.model, images, labels, budget)().detach()
                self.assertLessEqual((end - images).abs().max().item(), 0.1 + 1e-6)
                self.assertTrue(0 <= end.min() and end.max() <= 1)
                with torch.no_grad():
                    self.assertGreater(loss(work.model()(end)).item(), loss(work.model()(images)).item())


class KinkTest(unittest.TestCase):
    def setUp(self):
        # One pixel at 0.5, where a ReLU has its kink: the first logit is 0 up to there and grows above.
        self.model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU(), torch.nn.Linear(1, 2)).double()
        for parameter, value in zip(self.model.parameters(), ([[1.0]], [-0.5], [[1.0], [0.0]], [0.0, 0.0])):
            parameter.data = torch.tensor(value, dtype=torch.float64)
        self.below, self.above = 0.0, -0.5  # of the cross-entropy of class 0, by the pixel

    def judge(self, pixel, found, recorded):
        x, found, recorded = (torch.tensor([[value]]) for value in (pixel, found, recorded))
        return kinks.judge(self.model, x, torch.tensor([0]), found, recorded)

    def test_both_sides_of_a_kink_are_right(self):
        self.assertEqual(self.judge(0.5, self.below, self.above).on_kink, [0])
        self.assertEqual(self.judge(0.5, self.above, self.below).on_kink, [0])

    def test_nothing_is_excused_away_from_a_kink(self):
        self.assertEqual(self.judge(0.50001, self.below, self.above).wrong, [0])
        self.assertEqual(self.judge(0.49999, self.below, self.above).wrong, [0])

    def test_a_third_value_is_wrong_on_either_hand(self):
        for found, recorded in [(self.above + 1e-4, self.below), (self.below, self.above - 1e-4), (float("nan"), self.below)]:
            self.assertEqual(self.judge(0.5, found, recorded).wrong, [0])

    def test_an_altered_weight_is_found_out(self):
        work = fashion("fmnist-standard")
        images, labels = work.batch(16)
        recorded = input_gradient(work.model(), cross_entropy(labels))(images)
        altered = work.model()
        with torch.no_grad():
            altered[0].weight[0, 0, 0, 0] += 0.3
        found = input_gradient(altered, cross_entropy(labels))(images)
        # Neither a network that is not the recorded one passes, nor a kernel that computes another network.
        for model in (altered, work.model()):
            verdict = kinks.judge(model, images, labels, found, recorded)
            self.assertEqual(verdict.on_kink, [])
            self.assertGreater(len(verdict.wrong), 8)
        self.assertEqual(kinks.judge(work.model(), images, labels, recorded, recorded).wrong, [])


class RecipeTest(unittest.TestCase):
    def test_schedules_have_the_stated_corners(self):
        for done, rate in [(0, 0), (0.15, 0.025), (0.3, 0.05), (0.65, 0.025), (1, 0)]:
            self.assertAlmostEqual(recipe.rate_at(done), rate)
        for done, epsilon in [(0, 0.005), (0.1, 0.055), (0.19, 0.1), (1, 0.1)]:
            self.assertAlmostEqual(recipe.epsilon_at(done), epsilon)

    def test_training_repeats_bit_for_bit_from_its_seed(self):
        images = torch.randint(0, 256, (256, 1, 28, 28), dtype=torch.uint8)
        labels = torch.randint(0, 10, (256,))
        first, again, other = (recipe.train(images, labels, 1, seed).state_dict() for seed in (1, 1, 2))
        self.assertTrue(all(torch.equal(first[key], again[key]) for key in first))
        self.assertFalse(torch.equal(first["16.weight"], other["16.weight"]))

    def test_weights_under_other_names_give_the_same_network(self):
        model = small_cnn().eval()
        renamed = {f"layer{name}": value for name, value in model.state_dict().items()}
        x = torch.rand(2, 1, 28, 28)
        self.assertTrue(torch.equal(recipe.as_pytorch(renamed)(x), model(x)))


class AutoAttackTest(unittest.TestCase):
    def setUp(self):
        os.environ["PEERS_SERVER"] = STAND_IN
        self.addCleanup(os.environ.pop, "PEERS_SERVER")

    def test_a_part_is_run_once_and_read_again(self):
        with tempfile.TemporaryDirectory() as folder, PeerServer() as server:
            work = fashion()
            server.load(work)
            part = autoattack.Part(Path(folder), work, "ours", 2, 5)
            first = part.once(server)
            self.assertEqual(len(first["robust"]), 5)
            self.assertEqual(part.once(None), first)
            self.assertIsNone(autoattack.Part(Path(folder), work, "suite", 2, 5).once(None))

    def test_the_table_has_ratios_and_agreement(self):
        results = {
            "original": {"seconds": 10.0, "robust": "1100", "stages": {}},
            "ours": {"seconds": 4.0, "robust": "1000", "stages": {"square": [dict(attacked=2, fell=1, least_gradients=0, least_queries=5000)]}},
        }
        table = autoattack._table("model", results, 4)
        for text in ("2.50", "75.00%", "2 attacked,    1 fell", "5000 queries"):
            self.assertIn(text, table)
        self.assertEqual(autoattack._ratio(results, "ours"), "2.50")
        self.assertEqual(autoattack._ratio(results, "suite"), "n/a")

    def test_agreement_is_the_share_of_equal_verdicts(self):
        self.assertEqual(original.agreement("1100", "1000"), 0.75)


def in_half() -> torch.nn.Module:
    """Two pixels; class 1 where the first is above a half, else class 0."""
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2, 2))
    model[1].weight.data = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    model[1].bias.data = torch.tensor([0.5, 0.0])
    return model.eval()


class PartsTest(unittest.TestCase):
    def test_what_is_done_is_read_again_and_what_cannot_be_done_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "part.json"
            self.assertIsNone(parts.once(file, lambda: None))
            self.assertEqual(list(Path(folder).iterdir()), [])
            self.assertEqual(parts.once(file, lambda: {"a": 1}), {"a": 1})
            self.assertEqual(parts.once(file, lambda: {"a": 2}), {"a": 1})

    def test_turns_begin_with_another_one(self):
        self.assertEqual([parts.rotated(list("abc"), turn)[0] for turn in range(4)], list("abca"))


class DistanceTest(unittest.TestCase):
    def setUp(self):
        os.environ["PEERS_SERVER"] = STAND_IN
        self.addCleanup(os.environ.pop, "PEERS_SERVER")
        images = torch.tensor([[0.2, 0.0], [0.9, 0.5], [0.4, 1.0]]).reshape(3, 1, 1, 2)
        self.points = distance.Points(None, in_half(), 0, 3, torch.tensor([True] * 3), images, torch.tensor([0, 1, 0]))

    def test_a_distance_counts_where_the_network_agrees_and_the_image_is_in_the_box(self):
        found = torch.tensor([[0.6, 0.3], [0.6, 0.5], [0.7, 1.5]]).reshape(3, 1, 1, 2)
        for norm, length in {"l0": 2, "l1": 0.7, "l2": 0.5, "linf": 0.4}.items():
            contest = distance.Contest(norm, "ours", {})
            first, second, third = self.points.distances(found, contest)
            self.assertAlmostEqual(first, length, places=6)
            self.assertIsNone(second, "still classified as labelled")
            self.assertIsNone(third, "outside the box")

    def test_towards_a_class_only_that_class_counts(self):
        found = torch.tensor([[0.6, 0.0], [0.9, 0.5], [0.4, 1.0]]).reshape(3, 1, 1, 2)
        contest = distance.Contest("l0", "ours", {}, target=1)
        self.assertEqual(self.points.distances(found, contest), [1, 0, None], "the second is of that class already")

    def test_the_peers_attacks_give_images(self):
        work = fashion()
        images, labels = work.batch(4)
        attacks = {
            "foolbox": foolbox_attack(lambda a, n: a.DDNAttack(steps=2)),
            "art": art_attack(lambda e, c, n: e.DeepFool(c, max_iter=2, batch_size=n, verbose=False)),
            "advlib": advlib_attack("fmn", norm=2, steps=2),
        }
        for name, attack in attacks.items():
            with self.subTest(name):
                self.assertEqual(attack(work.model(), images, labels).shape, images.shape)

    def test_optimality_is_attackbenchs(self):
        never = float("inf")
        scores = optimality({"best": [1.0, 2.0, 3.0], "other": [1.0, 3.0, never], "none": [never] * 3}, "l2")
        # areas below the curves up to 3: 2, 1 + 2 * 2/3 and 3, of which 3 - 2 can be gained
        self.assertAlmostEqual(scores["best"], 1)
        self.assertAlmostEqual(scores["other"], 2 / 3)
        self.assertAlmostEqual(scores["none"], 0)

    def test_what_ours_found_is_judged_here(self):
        work = fashion()
        points = distance.Points.of(work, 2, 6)
        with PeerServer() as server:
            server.load(work)
            found = distance.ours(distance.CONTESTS["ddn-l2"], points, server)
        self.assertEqual(found["distances"], [None] * len(points.images), "the stand-in changes nothing")

    def test_tables_say_who_is_nearer_and_faster(self):
        results = {"foolbox": {"seconds": 3.0, "distances": [1.0, 2.0, 3.0]}, "ours": {"seconds": 1.0, "distances": [1.0, 2.03, 3.0]}}
        self.assertIn("as near, fast 1.5x", distance.table("ddn-l2", results))
        results["ours"] = {"seconds": 2.5, "distances": [1.0, 2.05, 3.0]}
        self.assertIn("FARTHER, SLOWER than 1.5x", distance.table("ddn-l2", results))
        line = distance.ratios({"ddn-l2": results})
        self.assertIn("ddn-l2-foolbox=1.20", line)
        self.assertIn("ddn-l2-advlib=n/a", line)


class QueriesTest(unittest.TestCase):
    def setUp(self):
        self.image = torch.tensor([0.2, 0.0]).reshape(1, 1, 2)

    def asked(self, points: list[list[float]], budget: int = 100) -> int | None:
        def search(model, images, labels, epsilon):
            for point in points:
                model(torch.tensor(point).reshape(1, 1, 1, 2))

        return blackbox.queries(search, in_half(), self.image, 0, "linf", 0.4, budget)

    def test_different_points_count_up_to_the_one_that_fells(self):
        self.assertEqual(self.asked([[0.2, 0.0], [0.3, 0.0], [0.3, 0.0], [0.9, 0.0], [0.6, 0.0], [0.55, 0.0]]), 3)

    def test_whoever_stands_has_no_number(self):
        self.assertIsNone(self.asked([[0.3, 0.0], [0.9, 0.0]]))
        self.assertIsNone(self.asked([[0.3, 0.0], [0.31, 0.0], [0.6, 0.0]], budget=2))

    def test_an_attack_that_gives_up_has_no_number(self):
        def search(model, images, labels, epsilon):
            raise ValueError("no start")

        self.assertIsNone(blackbox.queries(search, in_half(), self.image, 0, "linf", 0.4, 10))

    def test_the_table_has_medians_and_the_overhead(self):
        results = {"art": [10.0, 30.0, float("inf")], "ours": [10.0, 20.0, 40.0]}
        table = queries.table("square", results, {"overhead": 0.031, "own_us": 8.0, "model_us": 258.0})
        for text in ("2/3", "3/3", "1.50", "3.1%", "below 5%"):
            self.assertIn(text, table)
        self.assertIn("square-art=1.50", queries.ratios({"square": results}))
        self.assertIn("hopskipjump-art=n/a", queries.ratios({"square": results}))


class ProtocolTest(unittest.TestCase):
    def setUp(self):
        os.environ["PEERS_SERVER"] = STAND_IN
        self.addCleanup(os.environ.pop, "PEERS_SERVER")

    def test_the_stand_in_takes_the_same_steps(self):
        work = fashion()
        images, labels = work.batch(4)
        gradient = input_gradient(work.model(), cross_entropy(labels))
        out = agree.WORK / "test-end.safetensors"
        with PeerServer() as server:
            server.load(work)
            answer = server.call("pgd", name=work.name, batch=4, steps=3, epsilon=0.1, step_size=0.025,
                                 start="none", precision="float32", out=str(out))
            self.assertEqual(answer["sample_steps"], 12)
            step = dict(name=work.name, batch=4, steps=2, epsilon=0.1, step_size=0.025, beta=6.0)
            losses = [server.call("trades_step", **step, learning_rate=0.01, momentum=0.9)["loss"] for _ in range(2)]
        self.assertNotEqual(*losses)
        end = agree.load_file(out)["pgd_end"]
        self.assertTrue(torch.equal(end, Budget(0.1, 0.025, 3).descend(images, gradient)))

    def test_an_error_names_the_command_and_the_reason(self):
        with PeerServer() as server, self.assertRaisesRegex(OursFailed, "'values'.*KeyError"):
            server.call("values", name="absent", batch=1, out="none")

    def test_a_process_that_ends_is_reported(self):
        os.environ["PEERS_SERVER"] = "true"
        with PeerServer() as server, self.assertRaisesRegex(OursFailed, "has ended"):
            server.call("load")


if __name__ == "__main__":
    unittest.main()
