"""The harness checks itself: `bench/peers/run test`."""

import dataclasses
import json
import math
import os
import re
import shlex
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import torch
from peers import agree, autoattack, blackbox, choose, clock, distance, hour, judge, kinks, loop, original, pace, parts, profiled, queries, recipe, target
from peers.attacks import CONTENDERS, Budget, Tuned, cross_entropy, input_gradient
from peers.inputs import fashion
from peers.minimal import advlib_attack, art_attack, foolbox_attack, optimality
from peers.nets import small_cnn
from peers.ours import Hardened, OursFailed, PeerServer
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

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
            self.assertAlmostEqual(recipe.RECIPE.rate_at(done), rate)
        for done, epsilon in [(0, 0.005), (0.1, 0.055), (0.19, 0.1), (1, 0.1)]:
            self.assertAlmostEqual(recipe.RECIPE.epsilon_at(done), epsilon)

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


class LoopTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(5)
        self.images, self.labels = torch.randint(0, 256, (256, 1, 28, 28), dtype=torch.uint8), torch.randint(0, 10, (256,))

    def training(self, loss=loop.n_fgsm) -> loop.Training:
        return loop.Training(loop.Recipe("drawn", loss, 0.1, peak_rate=0.1, warm_up=0.2), small_cnn, self.images, self.labels, 3)

    def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(self):
        whole = self.training()
        for step in range(5):
            whole.step(step / 5)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "state.pt"
            begun = self.training()
            for step in range(3):  # in the middle of the second epoch
                begun.step(step / 5)
            begun.save(file)
            seconds = begun.seconds
            begun.step(3 / 5)  # lost
            again = self.training()
            again.restore(file)
            self.assertEqual((again.step_number, again.seconds), (3, seconds))
            for step in range(3, 5):
                again.step(step / 5)
        for name, value in whole.model.state_dict().items():
            self.assertTrue(torch.equal(value, again.model.state_dict()[name]), name)

    def test_a_training_does_not_go_on_from_another_recipe(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "state.pt"
            self.training().save(file)
            other = self.training()
            other.recipe = dataclasses.replace(other.recipe, name="drawn otherwise")
            with self.assertRaisesRegex(SystemExit, "drawn otherwise"):
                other.restore(file)
        told = {name: recipe.told() for name, recipe in hour.RECIPES.items()}
        of = {"recipe": "n-fgsm[noise within the domain]", "peak_rate": 0.2, "rise": 0.5, "nesterov": False, "weight_decay": 5e-4, "epsilon": 8 / 255}
        self.assertEqual(told["n-fgsm"], told["n-fgsm"] | of)
        self.assertEqual(json.loads(json.dumps(told)), told, "as files have it")
        self.assertNotEqual(told["trades"], target.TRADES.told())
        for change in ({"weight_decay": 0.0}, {"nesterov": True}, {"drops": (0.5,)}, {"augment": False}, {"epsilon": 0.1}):
            self.assertNotEqual(dataclasses.replace(hour.RECIPES["n-fgsm"], **change).told(), told["n-fgsm"])

    def test_learning_rates_are_cyclic_or_fall_by_steps(self):
        cyclic, falling = hour.RECIPES["n-fgsm"], hour.RECIPES["trades"]
        for done, rate in ((0.0, 0.0), (0.25, 0.1), (0.5, 0.2), (0.75, 0.1), (1.0, 0.0)):
            self.assertAlmostEqual(cyclic.rate_at(done), rate)
        for done, rate in ((0.0, 0.1), (0.74, 0.1), (0.75, 0.01), (0.89, 0.01), (0.9, 0.001), (1.0, 0.001)):
            self.assertAlmostEqual(falling.rate_at(done), rate)

    def test_trades_passes_beside_a_batch_norm_have_statistics_of_their_own(self):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(2 * 26 * 26, 10)).train()
        tuned = Tuned(model)
        tuned.bf16 = False
        x, y = self.images[:8].float() / 255, self.labels[:8]
        moved = (x + 0.5).clamp(0, 1)
        clean, robust = model(x), model(moved)
        expected = F.cross_entropy(clean, y) + 6 * F.kl_div(F.log_softmax(robust, 1), F.softmax(clean, 1), reduction="batchmean")
        self.assertAlmostEqual(loop.trades_loss(tuned, x, moved, y, 6.0).item(), expected.item(), places=4)

    def test_n_fgsm_steps_by_one_radius_from_noise_of_two_and_leaves_the_ball_but_not_the_domain(self):
        seen = []

        class Seeing(Tuned):
            def logits(self, x):
                seen.append(x.detach().clone())
                return super().logits(x)

        x, y = self.images[:64].float() / 255, self.labels[:64]
        x[:, :, :4] = 0.0
        loop.n_fgsm(Seeing(self.training().model), x, y, 0.1)
        noisy, adversarial = seen
        for image in seen:
            self.assertTrue(((image >= 0) & (image <= 1)).all())
        self.assertLessEqual((noisy - x).abs().max().item(), 0.2 + 1e-6)
        self.assertGreater((noisy - x).abs().max().item(), 0.19)
        step = (adversarial - noisy).abs()
        inside = (adversarial > 0) & (adversarial < 1)
        moved = step[inside & (step > 0)]
        self.assertGreater(len(moved), 1000)
        self.assertLess((moved - 0.1).abs().max().item(), 1e-6)
        self.assertGreater((adversarial - x).abs().max().item(), 0.29)

    def test_trades_without_divergence_is_clean_training_and_its_search_raises_the_divergence(self):
        training = self.training(loop.trades(2, 0.0))
        model = training.model.eval()
        x, y = self.images[:8].float() / 255, self.labels[:8]
        tuned = Tuned(model)
        tuned.bf16 = False
        clean = F.cross_entropy(model(x), y)
        self.assertAlmostEqual(loop.trades_loss(tuned, x, x + 0.1, y, 0.0).item(), clean.item(), places=5)
        moved = loop.trades_search(tuned, x, loop.probabilities(tuned, x), Budget(0.1, 0.025, 5))
        self.assertLessEqual((moved - x).abs().max().item(), 0.1 + 1e-6)
        still = loop.trades_loss(tuned, x, x, y, 6.0)
        self.assertGreater(loop.trades_loss(tuned, x, moved, y, 6.0).item(), still.item())

    def test_sure_predictions_leave_the_slope_of_trades_finite(self):
        training = self.training()
        model = training.model.eval()
        with torch.no_grad():
            model[-1].weight.mul_(1e6)  # probabilities that float32 rounds to 0
        x, y = self.images[:8].float() / 255, self.labels[:8]
        self.assertTrue((torch.softmax(model(x), 1) == 0).any())
        loop.trades_loss(Tuned(model), x, (x + 0.1).clamp(0, 1), y, 6.0).backward()
        for name, parameter in model.named_parameters():
            self.assertTrue(parameter.grad.isfinite().all(), name)

    def test_a_training_that_diverges_says_so(self):
        training = self.training(lambda tuned, x, y, epsilon: tuned.logits(x).sum() * float("nan"))
        with self.assertRaisesRegex(SystemExit, "diverged: the loss of step 0"):
            training.step(0.0)

    def test_pad_crop_flip_is_a_shift_into_zeros_and_a_mirror(self):
        image = torch.arange(1, 2 * 6 * 5 + 1, dtype=torch.uint8).reshape(2, 6, 5)
        padded = torch.nn.functional.pad(image, (4, 4, 4, 4))
        windows = [padded[:, r : r + 6, c : c + 5] for r in range(9) for c in range(9)]
        known = [*windows, *(w.flip(2) for w in windows)]
        changed = loop.pad_crop_flip(image.expand(64, 2, 6, 5))
        self.assertEqual(changed.shape, (64, 2, 6, 5))
        kinds = {next(i for i, w in enumerate(known) if torch.equal(w, c)) for c in changed}
        self.assertGreater(len(kinds), 10)
        self.assertTrue(any(i >= 81 for i in kinds) and any(i < 81 for i in kinds))


class JudgeTest(unittest.TestCase):
    def setUp(self):
        os.environ["PEERS_SERVER"] = STAND_IN
        self.addCleanup(os.environ.pop, "PEERS_SERVER")

    def test_parts_are_judged_once(self):
        work = fashion()
        with tempfile.TemporaryDirectory() as folder:
            with PeerServer() as server:
                judged = judge.Judge(server, Path(folder), "linf:0.1", "small-cnn", work.data, 300)
                first = judged.verdicts("a", work.weights)
            self.assertEqual(len(first), 300)
            self.assertEqual(len(list(Path(folder).glob("a-judged-*.json"))), 2)
            with unittest.mock.patch.object(judge.Judge, "_part", side_effect=AssertionError("judged again")):
                self.assertEqual(judge.Judge(None, Path(folder), "linf:0.1", "small-cnn", work.data, 300).verdicts("a", work.weights), first)

    def test_verdicts_of_other_weights_than_those_trained_are_refused(self):
        work = fashion()
        with tempfile.TemporaryDirectory() as top:
            folder = Path(top)
            (folder / "a-judged-0-3.json").write_text(json.dumps({"robust": "101", "of": {"weights": "those"}}))
            judged = judge.Judge(None, folder, "linf:0.1", "small-cnn", work.data, 3)
            missing = folder / "none.safetensors"
            self.assertEqual(judged.verdicts("a", missing), "101")
            with unittest.mock.patch.object(PeerServer, "load", create=True):
                self.assertEqual(judged.verdicts("a", missing, "those"), "101")
            with self.assertRaisesRegex(SystemExit, "is of"):
                judged.verdicts("a", missing, "these")
            with self.assertRaisesRegex(SystemExit, "is not what a was trained to"):
                judged.verdicts("a", work.weights, "those")

    def test_ahead_is_paired_over_points_with_all_their_seeds(self):
        self.assertEqual(judge.ahead(["1" * 50], ["1" * 50]), (0, 0, 0))
        self.assertEqual(judge.ahead(["1" * 50], ["0" * 50]), (100, 100, 100))
        points, low, high = judge.ahead(["1" * 30 + "0" * 70, "1" * 20 + "0" * 80], ["0" * 100, "0" * 100])
        self.assertAlmostEqual(points, 25)
        # Per point 1, 1/2 and 0 in 20, 10 and 70 of 100: a standard deviation of the mean of 3.97 points.
        self.assertAlmostEqual(low, 25 - 1.96 * 3.97, delta=1)
        self.assertAlmostEqual(high, 25 + 1.96 * 3.97, delta=1)


def took(*seconds, machine="this one"):
    """What trainings came to."""
    return [{"seconds": s, "machine": machine} for s in seconds]


class HeadlineTest(unittest.TestCase):
    def test_the_ratio_stands_where_the_target_was_reached(self):
        seconds = {"pytorch": took(100.0, 120.0), "ours": took(20.0, 24.0)}
        reached = target.summary(seconds, {"pytorch": ["110", "100"], "ours": ["110", "110"]})
        self.assertTrue(reached.endswith("ratios time_to_target=5.00"), reached)
        missed = target.summary(seconds, {"pytorch": ["110", "110"], "ours": ["110", "100"]})
        self.assertIn("MISSED", missed)
        self.assertTrue(missed.endswith("ratios time_to_target=n/a"), missed)
        other = target.summary({"pytorch": took(100.0, machine="another"), "ours": took(20.0)}, {"pytorch": ["110"], "ours": ["110"]})
        self.assertIn("DIFFERENT MACHINES", other)
        self.assertTrue(other.endswith("ratios time_to_target=n/a"), other)
        alone = target.summary({"ours": took(20.0)}, {"ours": ["110"]})
        self.assertTrue(alone.endswith("ratios time_to_target=n/a"), alone)

    def test_ours_is_compared_with_the_best_of_the_others(self):
        trained = {c: took(1.0) for c in hour.CONTENDERS}
        verdicts = {"ours": ["1111"], "n-fgsm": ["1110"], "trades": ["1000"]}
        self.assertIn("points ahead=25.00 ci95=0.00..75.00", hour.summary(trained, verdicts, 2))
        self.assertTrue(hour.summary({"ours": took(1.0)}, {"ours": ["1111"]}, 2).endswith("points ahead=n/a ci95=n/a"))
        over = hour.summary(trained | {"ours": took(3.0)}, verdicts, 2)
        self.assertIn("OVER THE BUDGET: ours took 3 s of 2", over)
        self.assertTrue(over.endswith("points ahead=n/a ci95=n/a"), over)
        other = hour.summary(trained | {"trades": took(1.0, machine="another")}, verdicts, 2)
        self.assertIn("DIFFERENT MACHINES", other)
        self.assertTrue(other.endswith("points ahead=n/a ci95=n/a"), other)
        seeds = {c: took(1.0) + took(1.0, machine="another") for c in hour.CONTENDERS}
        both = {c: found * 2 for c, found in verdicts.items()}
        self.assertIn("points ahead=25.00 ci95=0.00..75.00", hour.summary(seeds, both, 2), "each seed has one machine")
        seeds["trades"].reverse()
        self.assertIn("DIFFERENT MACHINES", hour.summary(seeds, both, 2))
        trained["ours"][0]["processor"] = "model 1"
        self.assertNotIn("DIFFERENT", hour.summary(trained, verdicts, 2), "the others do not tell")
        trained["trades"][0]["processor"] = "model 17"
        self.assertIn("DIFFERENT MACHINES, whose seconds are not to be compared: model 1; model 17", hour.summary(trained, verdicts, 2))

    def test_what_disturbed_a_training_is_told_in_the_end_and_parts_of_the_contest_have_no_figure(self):
        trained = {c: took(1.0) for c in hour.CONTENDERS}
        trained["ours"][0] |= {"epochs": 13, "governor": "fast: gave up nothing", "code": "abc", "warnings": ["WARNING: others"]}
        verdicts = {"ours": ["1111"], "n-fgsm": ["1110"], "trades": ["1000"]}
        whole = hour.summary(trained, verdicts, 2)
        self.assertIn("ours: 13.00 epochs; the governor fast: gave up nothing; code abc\nours: WARNING: others\n", whole)
        self.assertIn("points ahead=25.00", whole)
        del trained["n-fgsm"], verdicts["n-fgsm"]
        part = hour.summary(trained, verdicts, 2)
        self.assertIn("NOT ALL CONTENDERS", part)
        self.assertTrue(part.endswith("points ahead=n/a ci95=n/a"), part)

    def test_both_sides_of_a_training_get_the_same_allocator(self):
        settings = ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"]
        launcher, script = ((hour.ROOT / name).read_text() for name in ("holdfast", "bench/peers/run"))
        for name in settings:
            value = re.search(f"{name}:-(\\d+)", launcher).group(1)
            self.assertIn(f"{name}=${{{name}:-{value}}}", script)

    def test_how_far_ours_came_is_read_from_its_run(self):
        with tempfile.TemporaryDirectory() as folder:
            lines = [{"event": "epoch", "step": 3, "epoch": 1}, {"event": "step", "step": 4}, {"event": "epoch", "step": 6, "epoch": 2}]
            (Path(folder) / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
            self.assertEqual(Hardened(Path(folder)).course(), {"steps": 6, "epochs": 2, "governor": None})
            decisions = [("a", "validation", "too little"), ("a", "summary", "gave up nothing"), ("b", "summary", "gave up 3%")]
            written = [{"phase": f"training/{stage}", "what": what, "why": why} for stage, what, why in decisions]
            (Path(folder) / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in written))
            self.assertEqual(Hardened(Path(folder)).course()["governor"], "a: gave up nothing. b: gave up 3%")

    def test_ours_gets_as_many_epochs_as_fill_the_budget(self):
        contest = hour.Contest(Path("nowhere"), "ours", 0, 1000.0, Path("test"))
        for epoch, epochs in ((110.0, "10"), (103.0, "10"), (102.0, "11")):
            took = {"data.train": "train", "train.epochs": epochs, "governor.deadline": "980s"}
            with unittest.mock.patch.multiple(hour, estimate=lambda file, settings, took=epoch: [took], cifar10=lambda split: "train"):
                self.assertEqual({key: value for key, value in contest._plan().items() if key in took}, took)

    def test_an_hour_in_epochs_is_measured_in_turn_and_once(self):
        with tempfile.TemporaryDirectory() as top:
            loop = unittest.mock.Mock(seconds=0.0, per_epoch=390)
            loop.step.side_effect = lambda done: setattr(loop, "seconds", loop.seconds + 0.25)
            steps = [1.0] * 10 + [0.25] * 160 + [0.45] * 25  # slow at first, weights perturbed in the end
            hardened = unittest.mock.Mock(**{"train.side_effect": [73.75, 75.0, 73.75], "steps.return_value": steps})
            found = pace.Pace(Path(top), 3600.0, {"n-fgsm": lambda: loop}, Path("x.yaml"), {"data.train": "train"}, {"ours": "x"})
            with unittest.mock.patch.multiple(pace, Hardened=lambda run: hardened, first=lambda file, count: file, quiet=lambda: 0.0):
                expected = {"n-fgsm": 3600 / 97.5, "ours": float(math.floor((3600 - 20) / (2 * 53.75)))}
                self.assertEqual(found.epochs(), expected, "twenty seconds are once in the hour")
            self.assertAlmostEqual(json.loads(found.file.read_text())["rest"], 20.0)
            self.assertEqual(hardened.train.call_count, pace.ROUNDS)
            self.assertEqual(found.epochs()["ours"], 33.0, "from the file")
            self.assertIn("n-fgsm 36.92; ours 33.00 (measured in turn on ", found.told()[0])
            with unittest.mock.patch.object(parts, "precision", lambda: "another"), self.assertRaisesRegex(SystemExit, "trains in another"):
                self.assertEqual(found.epochs()["ours"], 33.0, "what others trained is read anywhere")
                found.require_precision()
            found.require_precision()
            with self.assertRaises(SystemExit):
                pace.Pace(Path(top), 3600.0, {}, Path("x.yaml"), {}, {"ours": "another"}).epochs()

    def test_a_profile_adds_up_what_onednn_logs(self):
        log = "\n".join([
            "onednn_verbose,v1,info,cpu,runtime:OpenMP",
            "training 12%onednn_verbose,v1,primitive,exec,cpu,convolution,brg,forward_training,src:bf16,attr,alg,mb128,1.5",
            "onednn_verbose,v1,primitive,exec,cpu,convolution,brg,backward_data,src:bf16,attr,alg,mb128,2",
            "onednn_verbose,v1,primitive,create:cache_miss,cpu,convolution,brg,backward_data,src:bf16,attr,alg,mb128,9",
            "onednn_verbose,v1,primitive,exec,cpu,convolution,brg,backward_data,src:bf16,attr,alg,mb128,2.25",
            "onednn_verbose,v1,primitive,exec,cpu,reorder,jit:uni,undef,src:f32,,,16x16,0.25",
        ])
        found = profiled.primitives(log)
        self.assertEqual(found, {"forward": 1.5, "back to inputs": 4.25, "other": 0.25})
        self.assertEqual(profiled.scaled(found, 2)["other"], 0.5)
        self.assertEqual(profiled.line("x", 10.0, found).split(), ["x", "10.0", "6.0", "1.5", "4.2", "0.0", "0.2", "4.0"])

    def test_what_the_process_itself_writes_is_read(self):
        self.assertEqual(profiled.logged(lambda: os.write(1, b"deep below Python")), "deep below Python")

    def test_ours_gets_whole_epochs_and_a_part_of_one_in_a_trial(self):
        self.assertEqual([pace.whole_epochs(budget, 100.0) for budget in (3599.0, 100.0, 99.0, -5.0)], [35.0, 1.0, 0.99, 0.0])

    def test_by_a_pace_trainings_end_with_their_steps(self):
        with tempfile.TemporaryDirectory() as top:
            known = unittest.mock.Mock(file=Path(top) / "pace.json", **{"epochs.return_value": {"ours": 3.0, "n-fgsm": 2.5}})
            known.file.write_text("{}")
            loop = unittest.mock.Mock(seconds=0.0, step_number=0, per_epoch=4)
            loop.step.side_effect = lambda done: setattr(loop, "step_number", loop.step_number + 1)
            loop.model.state_dict.return_value = {"w": torch.zeros(1)}
            with unittest.mock.patch.multiple(hour, pytorch=lambda contender, seed: loop, cifar10=lambda split: "train"):
                found = hour.Contest(Path(top), "n-fgsm", 0, 1.0, Path("test"), known).run()
                settings = hour.Contest(Path(top), "ours", 1, 1.0, Path("test"), known)._paced()
            self.assertEqual([call.args[0] for call in loop.step.call_args_list], [step / 10 for step in range(10)])
            loop.step_number, known.epochs.return_value = 0, {"trades": 0.01}  # a trial
            loop.step.reset_mock()
            with unittest.mock.patch.multiple(hour, pytorch=lambda contender, seed: loop):
                hour.Contest(Path(top), "trades", 0, 1.0, Path("test"), known).run()
            self.assertEqual(loop.step.call_count, 1, "no step by the clock")
            self.assertEqual((found["epochs"], found["of"]["pace"]), (2.5, parts.hash_of(known.file)))
            self.assertEqual(settings, {"seed": "1", "data.train": "train", "data.test": "test", "train.epochs": "3"})

    def test_attacks_that_search_in_several_precisions_give_no_figure(self):
        judged = judge.Judge(None, Path(), "", "", Path(), 4, {"ours-0": {"bfloat16"}, "trades-0": {"float32"}})
        verdicts = {"ours": ["1111"], "n-fgsm": ["1110"], "trades": ["1000"]}
        found = hour.summary({c: took(1.0) for c in hour.CONTENDERS}, verdicts, None, judged.unlike())
        self.assertIn("DIFFERENT PRECISIONS", found)
        self.assertTrue(found.endswith("points ahead=n/a ci95=n/a"), found)
        self.assertEqual(judge.Judge(None, Path(), "", "", Path(), 4, {"a": {"float32"}, "b": {"float32"}, "c": set()}).unlike(), "")

    def test_images_that_chose_our_recipe_are_not_judged(self):
        with self.assertRaisesRegex(SystemExit, "at most 1000"):
            hour.run(SimpleNamespace(points=1001))

    def test_of_a_contender_on_record_all_is_taken_or_nothing(self):
        with tempfile.TemporaryDirectory() as top:
            records, here = Path(top) / "records", Path(top) / "here"
            for folder, names in ((records, ("ours-0", "ours-0-judged-0-250", "ours-1", "ours-1-judged-0-250")), (here, ("ours-0",))):
                folder.mkdir()
                for name in names:
                    (folder / f"{name}.json").write_text("{}")
            parts._take_over(records, here)
            self.assertEqual({file.stem for file in here.iterdir()}, {"ours-0", "ours-1", "ours-1-judged-0-250"})

    def test_by_a_pace_any_machine_will_do(self):
        trained = {c: took(1.0, machine=c) for c in hour.CONTENDERS}
        verdicts = {"ours": ["1111"], "n-fgsm": ["1110"], "trades": ["1000"]}
        self.assertIn("points ahead=25.00 ci95=0.00..75.00", hour.summary(trained, verdicts, None))

    def test_a_clock_goes_on_from_the_checkpoint_that_the_run_goes_on_from(self):
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch("peers.ours._holdfast"):
            run = Path(folder) / "run"
            run.mkdir()
            hardened = Hardened(run)
            self.assertLess(hardened.train(Path("x.yaml"), {}), 1)
            clock, checkpoint = Path(folder) / "run.clock", run / "checkpoint.safetensors"
            clock.write_text(json.dumps({"before": 100, "since": 5000}))
            checkpoint.touch()
            os.utime(checkpoint, (5030, 5030))  # killed later
            self.assertAlmostEqual(hardened.train(Path("x.yaml"), {}), 130, delta=1)
            self.assertEqual(json.loads(clock.read_text())["before"], 130)
            os.utime(checkpoint, (5030, 5030))  # killed before the next checkpoint
            self.assertAlmostEqual(hardened.train(Path("x.yaml"), {}), 130, delta=1)
            later = run / "stages" / "second" / "checkpoint.safetensors"  # of a run in stages
            later.parent.mkdir(parents=True)
            later.touch()
            clock.write_text(json.dumps({"before": 100, "since": 5000}))
            os.utime(later, (5040, 5040))
            self.assertAlmostEqual(hardened.train(Path("x.yaml"), {}), 140, delta=1)

    def test_what_is_on_record_stands_for_what_was_not_run_here(self):
        with tempfile.TemporaryDirectory() as top:
            work, records = Path(top) / "work", Path(top) / "records"
            (work / "contest").mkdir(parents=True)
            (records / "contest").mkdir(parents=True)
            (work / "contest" / "ours-0.json").write_text('{"seconds": 1}')
            for name in ("ours-0", "ours-1", "ours-1-judged-0"):
                (records / "contest" / f"{name}.json").write_text('{"seconds": 2}')
            with unittest.mock.patch.multiple(parts, WORK=work, RECORDS=records):
                folder = parts.folder("contest", False, recorded=True)
                self.assertEqual(parts.once(folder / "ours-0.json", dict), {"seconds": 1})
                self.assertEqual(parts.once(folder / "ours-1.json", dict), {"seconds": 2})
                self.assertEqual(parts.once(folder / "ours-1-judged-0.json", dict), {"seconds": 2})
                with self.assertRaises(SystemExit):
                    parts.folder("another", False, recorded=True)

    def test_recipes_are_chosen_on_images_that_none_of_them_learns(self):
        with tempfile.TemporaryDirectory() as top:
            source = Path(top) / "cifar10-train.safetensors"
            save_file({"images": torch.arange(3000)[:, None], "labels": torch.arange(3000)}, source)
            with unittest.mock.patch.multiple(choose, WORK=Path(top), cifar10=lambda split: source):
                learned, held_out = (load_file(file)["labels"].tolist() for file in choose.split(None))
                few = load_file(choose.split(10)[0])["labels"].tolist()
        self.assertEqual((learned, held_out, few), (list(range(1000)), list(range(1000, 3000)), list(range(10))))
        for book in choose.BOOKS.values():
            text = choose.with_data(book.read_text(), Path("/a.safetensors"), Path("/b.safetensors"))
            self.assertIn("data: {train: /a.safetensors, test: /b.safetensors, validation: 0}", text)

    def test_both_recipes_are_read_as_they_stand(self):
        for name, module in {"time-to-target": target, "cifar-hour": hour}.items():
            self.assertEqual(module.EXPERIMENT.name, f"{name}.yaml")
            self.assertIn("objective", module.EXPERIMENT.read_text())


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
            self.assertEqual(parts.once(file, lambda: {"a": 2}, {"recipe": "b"}), {"a": 1}, "it does not say of what it is")

    def test_what_was_made_of_something_else_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "part.json"
            first = parts.once(file, lambda: {"a": 1}, {"recipe": "b"})
            self.assertEqual(first, {"a": 1, "of": {"recipe": "b"}})
            self.assertEqual(parts.once(file, dict, {"recipe": "b"}), first)
            self.assertEqual(parts.once(file, dict), first)
            with self.assertRaisesRegex(SystemExit, "part.json is of"):
                parts.once(file, dict, {"recipe": "c"})

    def test_beginning_anew_empties_only_what_is_run(self):
        with tempfile.TemporaryDirectory() as top, unittest.mock.patch.object(parts, "WORK", Path(top)):
            folder = parts.folder("contest", False)
            kept = ["ours-10.json", "trades-1-judged-0-250.json", "trades-1.pt"]
            for name in ["ours-1.json", "ours-1.plan", "ours-1-judged-0-250.json", *kept]:
                (folder / name).touch()
            (folder / "ours-1").mkdir()
            parts.folder("contest", True, only=["ours-1"])
            self.assertEqual(sorted(file.name for file in folder.iterdir()), kept)
            parts.folder("contest", True)
            self.assertEqual(list(folder.iterdir()), [])

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
        results = {"art": {0: [10.0, 30.0, float("inf")]}, "ours": {0: [10.0, 20.0, 40.0]}}
        table = queries.table("square", results, {"overhead": 0.031, "own_us": 8.0, "model_us": 258.0})
        for text in ("2/3", "3/3", "1.50", "3.1%", "below 5%"):
            self.assertIn(text, table)
        self.assertIn("square-art=1.50", queries.ratios({"square": results}))
        self.assertIn("hopskipjump-art=n/a", queries.ratios({"square": results}))

    def test_medians_are_over_all_seeds(self):
        results = {"art": {0: [10.0, 50.0], 1: [30.0, float("inf")]}, "ours": {0: [8.0, 20.0], 1: [20.0, 40.0]}}
        table = queries.table("simba", results, None)
        for text in ("3/4", "30 to inf", "14 to 30"):
            self.assertIn(text, table)
        self.assertIn("simba-art=2.00", queries.ratios({"simba": results}))

    def test_each_seed_has_parts_of_its_own_and_other_draws(self):
        drawn = []

        def search(model, images, labels, epsilon):
            drawn.append(float(torch.rand(1)))
            model(torch.tensor([0.55, 0.0]).reshape(1, 1, 1, 2))

        contest = queries.Contest("linf", 0.4, "", {"art": search}, "")
        points = SimpleNamespace(images=self.image[None], labels=torch.tensor([0]), first=0, count=1, model=in_half())
        options = SimpleNamespace(points=1, seeds=2)
        with tempfile.TemporaryDirectory() as folder, patch.dict(queries.CONTESTS, {"one": contest}), \
                patch.object(queries.Points, "of", return_value=points):
            for _ in range(2):
                self.assertEqual(queries._contest(Path(folder), "one", None, options, None), {"art": {0: [1], 1: [1]}})
            self.assertEqual(len(list(Path(folder).iterdir())), 2)
        self.assertEqual(len(set(drawn)), 2)
        self.assertEqual(len(drawn), 2, "what was made once is not made again")


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
