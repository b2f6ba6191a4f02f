#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <string>

#include "core/base/atomic_file.hpp"
#include "core/base/json.hpp"
#include "core/base/sanitized.hpp"
#include "core/files/model_file.hpp"
#include "core/files/run.hpp"
#include "core/files/safetensors.hpp"
#include "program/experiments/catalog.hpp"
#include "sweep/run_store.hpp"
#include "tests/program/run_program.hpp"
#include "tests/temporary_folder.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"
#include "theory/optima/optimum_record.hpp"
#include "theory/optima/polygon.hpp"

namespace {

using namespace digon;
using nlohmann::json;

constexpr const char* small_training =
    "train --features 4 --hidden 2 --density 1 0.3 --importance 0.9^i --steps 60 ";
}  // namespace

TEST_CASE("every command explains itself with an example") {
  const TemporaryFolder folder;
  CHECK(run_in(folder.path(), "--version").out.substr(0, 6) == "digon ");
  const std::string help = run_in(folder.path(), "--help").out;
  for (const std::string command :
       {"train", "loss", "measure", "optimum", "gap", "recover", "learning-coefficient", "pack", "phase",
        "reproduce", "sweep", "verify", "report"}) {
    CHECK(help.find("  " + command) != std::string::npos);
    const Outcome outcome = run_in(folder.path(), command + " --help");
    CHECK(outcome.status == 0);
    CHECK(outcome.out.find("Example:\n  digon " + command) != std::string::npos);
  }
}

TEST_CASE("bad input: one line that names it, exit 2, nothing written") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& words, const std::string& reason) {
    check_refused(folder.path(), words, reason);
    CHECK(std::filesystem::is_empty(folder.path()));
  };
  refused("fly", "'fly' is not a command");
  const std::string train = "train --out new --hidden 2 --density 0.5 --features ";
  refused(train + "0", "--features: '0' given; accepted: a whole number from 1");
  refused(train + "-3", "--features: '-3'");
  refused(train + "2.5", "--features: '2.5'");
  refused(train + "99999999999999999999", "--features");
  refused(train + "5 --hiden 2", "unrecognised option '--hiden'; did you mean --hidden?");
  refused(train + "5 --hid 2", "unrecognised option '--hid'");
  refused(train + "5 --impor 2", "unrecognised option '--impor'; did you mean --importance?");
  refused(train + "5 --zzz 2", "unrecognised option '--zzz'; 'digon train --help' lists");
  refused(train + "1e99", "--features: '1e99' given; accepted: a whole number from 1");
  refused(train + "1.5e0", "--features: '1.5e0' given");
  refused("optimun", "'optimun' is not a command; did you mean optimum?");
  refused(train + "5 --hid%canonical_option%=2", "unrecognised option '--hid%canonical_option%'");
  refused(train + "5 --importance -1", "--importance: '-1'");
  refused(train + "5 --importance 1,2,3", "--importance: '1,2,3' lists 3 values");
  refused(train + "5 --importance nan", "--importance: 'nan'");
  refused(train + "5 --kind cubic", "--kind: 'cubic' is not a model; accepted: linear, relu-output");
  refused(train + "5 --steps 0", "--steps: '0'");
  refused(train + "5 --batch 100", "--batch: 100 given; accepted: a multiple of 64");
  refused(train + "5 --learning-rate 0", "--learning-rate: '0'");
  refused(train + "5 --learning-rate nan", "--learning-rate: 'nan'");
  refused(train + "5 --optimizer lion", "--optimizer: 'lion'");
  refused(train + "5 --optimizer lbfgs", "--optimizer: lbfgs given with --objective sampled");
  refused("train --resume missing", "--resume: missing holds no unfinished training");
  refused(train + "5 --resume run", "--resume: given with other options");
  refused(train + "5 --objective guess", "--objective: 'guess' given; accepted: sampled, exact");
  refused(train + "5 --warm-up 10000", "--warm-up: 10000 given of 10000 steps");
  refused(train + "5 --optimizer lbfgs --objective exact --steps 10",
          "--steps: given with --optimizer lbfgs");
  refused(train + "5 --optimizer lbfgs --objective exact --weight-decay 0",
          "--weight-decay: given with --optimizer lbfgs");
  refused(train + "5 --optimizer lbfgs --objective exact --snapshots log:3", "--snapshots: given with");
  refused(train + "5 --objective exact --batch 64", "--batch: given with --objective exact");
  refused(train + "5 --momentum 0.5",
          "--momentum: given with --optimizer adam, where it does nothing; accepted with sgd");
  refused(train + "5 --patience 3", "--patience: given with --stop never");
  refused("train --out new --features 100000 --hidden 100000 --density 0.1",
          "train: 1 instance of --features 100000 and --hidden 100000 needs at least");
  refused("train --out new --features 5 --hidden 2 --density 10",
          "--density: '10' is outside the probabilities; "
          "accepted: 0 to 1; as a fraction: 0.1");
  refused("loss model.npz --density 0.1", "'model.npz', a word without --");
  refused(train + "5 --optimizer sgd --momentum 1", "--momentum: 1 given");
  refused(train + "5 --optimizer sgd --momentum 2", "--momentum: '2' given; accepted: a number from 0 to 1");
  refused(train + "5 --weight-decay -1", "--weight-decay: '-1' given; accepted: a number from 0 to 1000");
  refused(train + "5 --checkpoint-every 0", "--checkpoint-every: '0' given");
  refused(train + "5 --checkpoint-every x", "--checkpoint-every: 'x' given");
  refused(train + "5 --schedule step", "--schedule: 'step'");
  refused(train + "5 --seed -1", "--seed: '-1'");
  refused(train + "5 --threads x", "--threads: 'x'");
  refused(train + "5 --sparsity 0.5", "--density and --sparsity");
  refused("train --out new --features 5 --hidden 2 --density 1.5", "--density: '1.5'");
  refused("train --out new --features 5 --hidden 2 --sparsity -0.1", "--sparsity: '-0.1'");
  refused("train --out new --features 5 --hidden 2 --sparsity 2", "--sparsity: '2'");
  refused("train --out new --features 5 --hidden 2", "--density is needed");
  refused("train --features 5 --hidden 2 --density 1", "--out is needed");
  refused("train stray --features 5 --hidden 2 --density 1 --out new", "a word without --");
  refused("train --out /dev/null/x --hidden 2 --density 0.5 --features 5", "/dev/null/x");
  refused("loss --density 0.5", "--model is needed");
  refused("loss --model missing.safetensors --density 0.5", "missing.safetensors: cannot be read");
  refused("loss --model /dev/null --density 0.5", "too few for a safetensors file");
  refused("measure --model missing.safetensors", "missing.safetensors");
  refused("measure", "--model is needed");
  refused("measure --model", "--model");
  refused("reproduce", "name an experiment");
  refused("reproduce intro dream", "'dream' is not an experiment; accepted: intro, basic-small");
  refused("reproduce intro --threads 99999", "--threads");
  const std::string optimum = "optimum --features 3 --hidden 1 ";
  refused(optimum, "--density: 0 values given");
  refused(optimum + "--density 0.1 0.2", "--density: 2 values given");
  refused(optimum + "--density 0.1 --objective l1", "L_1 is the limit of density 0");
  refused(optimum + "--density 0.1 --objective l2", "--objective: 'l2'");
  refused(optimum + "--density 0.1 --populations 0", "--populations: 0 given; accepted without --from");
  refused(optimum + "--density 0.1 --steps 0", "--steps: '0'");
  refused(optimum + "--density 0.1 --from missing", "missing");
  refused(optimum + "--density 0.1 --descents 0", "--descents: '0'");
  refused(optimum + "--density 0.1 --seconds 0", "--seconds: '0'");
  refused("optimum --hidden 1 --density 0.1", "--features is needed");
  refused("gap --populations 3", "--model is needed");
  refused("gap --model missing --populations 0", "missing");
  refused("phase", "--out is needed");
  refused("phase --out new --features 0", "--features: '0' given; accepted: a whole number from 1");
  refused("phase --out new --density 1:0.1", "--density: '1:0.1' given; accepted: LO:HI");
  refused("phase --out new --density 0.5", "--density: '0.5'");
  refused("phase --out new --density 0.1:2", "--density: '0.1:2'");
  refused("phase --out new --relative-importance 0:1", "--relative-importance: '0:1'");
  refused("phase --out new --grid 1", "--grid: '1'");
  refused("pack --dim 3", "--points is needed");
  refused("pack --points 1 --dim 3 --out new", "--points: '1'");
  refused("pack --points 5 --dim 1", "--dim: '1'");
  refused("pack --points 5 --dim 3 --energy riesz:0",
          "--energy: 'riesz:0' given; accepted: riesz:S with 0 < S");
  refused("pack --points 5 --dim 3 --energy riesz:-2", "--energy: 'riesz:-2'");
  refused("pack --points 5 --dim 3 --energy gravity --out new",
          "--energy: 'gravity' given; accepted: coulomb, log");
  refused("pack --points 5 --dim 3 --starts 0", "--starts: '0'");
  refused("pack --points 5 --dim 3 --antipodal", "--antipodal: given with --energy coulomb");
  refused("pack --points 5 --dim 3 --energy l1 --features 5", "--points: given with --energy l1");
  refused("pack --dim 3 --energy l1 --features 5:2", "--features: '5:2' given");
  refused("pack --points 5 --dim 3 --initial missing.csv", "missing.csv");
  refused("verify --suite some --out new",
          "--suite: 'some' is not a suite; accepted: all, theory, packing, empirical, published");
  refused("verify --seed 1.5", "--seed: '1.5'");
  for (const std::string command : {"verify", "report", "reproduce intro"}) {
    refused(command + " --preset full --out new", "--preset: 'full' is not a preset; accepted: quick, paper");
  }
  refused("report --density 0.1 --out new", "--density: given without --model");
  refused("report --model missing.npz --out new", "missing.npz: cannot be read");
  refused("report --suite some --out new", "--suite: 'some' is not a suite");
  refused("measure --layout n", "--model is needed");
  refused("measure --model missing --csv rows.csv", "--csv: given without --layer");
  refused("measure --model missing --threads 2", "--threads: given without --layer");
  refused("measure --layer missing.npy --weights W", "--weights: given with --layer");
  refused("report --out new --populations 3", "--populations: given without --model");
  refused("report --out new --step last", "--step: given without --model");
  refused("measure --layer missing.npy --out new", "--out: given with --layer");
  refused("report --model missing --suite theory", "--suite: given with --model");
  refused("measure --model missing --layout n", "--layout: 'n' is not a layout; accepted: auto, n,m, m,n");
  refused("measure --layer missing.npy", "missing.npy: cannot be read");
  refused("measure --layer missing.npy --model other", "--layer: given with --model");
  refused("measure --layer missing.npy --layout x", "--layout: 'x'");
  refused("verify now", "a word without --");
  refused("verify --out /dev/null", "/dev/null");
}

TEST_CASE("bad options on a good model: one line, exit 2") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(), std::string(small_training) + "--out run").status == 0);
  const auto refused = [&](const std::string& options, const std::string& reason) {
    check_refused(folder.path(), "loss --model run/weights.safetensors " + options, reason);
  };
  refused("--instance 2", "--instance: '2' given; accepted: a whole number from 0 to 1");
  refused("--density 0.1 0.2 0.3", "3 values given for 2 instances");
  refused("--density 0.1,0.2", "--density: '0.1,0.2' lists 2 values");
  refused("--tolerance 0", "--tolerance: '0'");
  refused("--importance 1,1", "--importance: '1,1'");
  refused("--kind x", "--kind: 'x'");
}

TEST_CASE("train, loss and measure agree with the library at full precision") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(), std::string(small_training) + "--seed 5 --out run").status == 0);
  const Run run = load_run(folder.path() / "run");
  REQUIRE(run.models.size() == 2);
  CHECK(run.complete);

  const Outcome outcome =
      run_in(folder.path(),
             "loss --model run/weights.safetensors --instance 1 --density 0.2 --importance 0.5^i --json");
  REQUIRE(outcome.status == 0);
  const json printed = one_of(outcome);
  const ToyModel& model = run.models[1].model;
  const FeatureDistribution features{Eigen::VectorXd::Constant(4, 0.2), Eigen::Vector4d(1, 0.5, 0.25, 0.125)};
  CHECK(printed.at("loss").get<double>() == exact_loss(model, features).loss);
  DecompositionOptions as_printed;
  as_printed.relative_tolerance = 10.0 * 1e-10;  // ten times the loss's
  const Decomposition parts = decompose(model, features.importance, as_printed);
  const OneSparseLoss one = one_sparse_loss(model, features.importance);
  for (Eigen::Index k = 0; k <= 4; ++k) {
    CHECK(printed.at("L").at(std::size_t(k)).get<double>() == parts.L()[k]);
    CHECK(printed.at("L_mean").at(std::size_t(k)).get<double>() == parts.L_mean()[k]);
  }
  for (Eigen::Index i = 0; i < 4; ++i) {
    CHECK(printed.at("L_1_feature_benefit").at(std::size_t(i)).get<double>() == one.feature_benefit[i]);
    CHECK(printed.at("L_1_interference").at(std::size_t(i)).get<double>() == one.interference[i]);
  }

  // Without --density the file's own features are used, an entry an instance.
  const json both = json_of(run_in(folder.path(), "loss --model run/weights.safetensors --json"));
  REQUIRE(both.size() == 2);
  CHECK(both[1].at("loss").get<double>() == exact_loss(model, run.models[1].features).loss);
  CHECK(run_in(folder.path(), "loss --model run/weights.safetensors").out.find("instance 1: loss") !=
        std::string::npos);

  const json measured = json_of(run_in(folder.path(), "measure --model run/weights.safetensors --json"));
  CHECK(measured[1].at("norm").at(2).get<double>() == Approx(model.W.col(2).norm()).epsilon(1e-15));
  CHECK(run_in(folder.path(), "measure --model run/weights.safetensors").out.find("D*") != std::string::npos);
}

TEST_CASE("the same seed gives the same file with 1 and 2 threads, another seed another") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(), std::string(small_training) + "--seed 1 --threads 1 --out a").status == 0);
  REQUIRE(run_in(folder.path(), std::string(small_training) + "--seed 1 --threads 2 --out b").status == 0);
  REQUIRE(run_in(folder.path(), std::string(small_training) + "--seed 2 --threads 2 --out c").status == 0);
  const auto weights = [&](const char* name) {
    return read_file(folder.path() / name / "weights.safetensors");
  };
  CHECK(weights("a") == weights("b"));
  CHECK(weights("a") != weights("c"));
}

TEST_CASE("a model brought from elsewhere needs its density, and the file must be sound") {
  const TemporaryFolder folder;
  Safetensors file;
  file.tensors["W"] = {{2, 1}, {1.0, -1.0}, StoredType::float32};
  file.tensors["b_final"] = {{2}, {0.0, 0.0}, StoredType::float32};
  write_file_atomically(folder.path() / "pair.safetensors", serialize(file));
  CHECK(run_in(folder.path(), "loss --model pair.safetensors").status == 2);
  const Outcome outcome = run_in(folder.path(), "loss --model pair.safetensors --density 0.3 --json");
  REQUIRE(outcome.status == 0);
  // The antipodal pair of theory.md §4 with r = 1: (1 + r) p²/6.
  CHECK(one_of(outcome).at("loss").get<double>() == Approx(0.3 * 0.3 / 3.0).epsilon(1e-13));

  file.tensors["W"].values[0] = std::nan("");
  write_file_atomically(folder.path() / "nan.safetensors", serialize(file));
  const Outcome nan = run_in(folder.path(), "loss --model nan.safetensors --density 0.3");
  CHECK(nan.status == 2);
  CHECK(lines(nan.error) == 1);
  CHECK(nan.error.find("NaN") != std::string::npos);
}

TEST_CASE("the optimum, and the gap of weights that are not there yet") {
  const TemporaryFolder folder;
  const json best = one_of(run_in(folder.path(), "optimum --features 2 --hidden 1 --density 0.3 --json"));
  const double optimum = best.at("loss");
  CHECK(optimum < 0.3 * 0.3 / 3.0);  // the antipodal candidate
  CHECK(best.at("confirmed") == true);
  CHECK(best.at("populations") == 4);
  CHECK(best.at("W").size() == 1);
  CHECK(best.at("b").size() == 2);
  CHECK(best.at("gradient_norm").get<double>() < 1e-6);
  CHECK(best.at("min_hessian_eigenvalue").get<double>() > 0.0);
  CHECK(best.at("minima").at(0).at("populations") == best.at("agreeing"));
  const json once =
      one_of(run_in(folder.path(), "optimum --features 2 --hidden 1 --density 0.3 --populations 1 --json"));
  CHECK(once.at("confirmed") == false);
  CHECK(run_in(folder.path(), "optimum --features 2 --hidden 1 --density 0.3 --populations 1")
            .out.find("not confirmed, found once") != std::string::npos);

  Safetensors file;
  file.tensors["W"] = {{2, 1}, {1.0, -1.0}, StoredType::float64};
  file.tensors["b_final"] = {{2}, {0.0, 0.0}, StoredType::float64};
  write_file_atomically(folder.path() / "pair.safetensors", serialize(file));
  const json gap = one_of(run_in(folder.path(), "gap --model pair.safetensors --density 0.3 --json"));
  CHECK(gap.at("loss").get<double>() == Approx(0.03).epsilon(1e-12));
  CHECK(gap.at("local_minimum").get<double>() == Approx(optimum).epsilon(1e-7));
  CHECK(gap.at("best_optimum").get<double>() == Approx(optimum).epsilon(1e-7));
  CHECK(gap.at("relative_gap").get<double>() == Approx(0.03 / optimum - 1.0).epsilon(1e-5));
  CHECK(run_in(folder.path(), "gap --model pair.safetensors --density 0.3 --seconds 1").status == 0);
}

TEST_CASE("the linear model's optimum keeps the features that cost most to drop") {
  const TemporaryFolder folder;
  const std::string words =
      "optimum --kind linear --features 3 --hidden 1 --density 0.1,0.4,0.2 --importance 1,2,3 ";
  const json found = one_of(run_in(folder.path(), words + "--out best --json"));
  const auto variance = [](double p) { return p / 3.0 - p * p / 4.0; };
  CHECK(found.at("loss").get<double>() == Approx(variance(0.1) + 3.0 * variance(0.2)).epsilon(1e-13));
  CHECK(found.at("confirmed") == true);
  CHECK(found.at("W") == json::parse("[[0.0, 1.0, 0.0]]"));
  const json loss = one_of(run_in(folder.path(), "loss --model best/weights.safetensors --json"));
  CHECK(loss.at("loss").get<double>() == Approx(found.at("loss").get<double>()).epsilon(1e-12));
  CHECK(run_in(folder.path(), words).out.find("known in closed form") != std::string::npos);
  // A pair that is on together is worth more than either alone: variance v and covariance p/4 − p²/4.
  const json pair = one_of(run_in(
      folder.path(),
      "optimum --kind linear --features 3 --hidden 1 --density 0.2 --correlated 0,1 --out pair --json"));
  CHECK(pair.at("loss").get<double>() == Approx(2.0 * variance(0.2) - (0.05 - 0.01)).epsilon(1e-13));
  const json gap = one_of(run_in(folder.path(), "gap --model pair/weights.safetensors --json"));
  CHECK(std::abs(gap.at("gap").get<double>()) < 1e-14);
}

TEST_CASE("the cosines of a layer's pairs stand beside those of random directions") {
  const TemporaryFolder folder;
  Safetensors file;
  file.tensors["W"] = {{4, 2}, {1.0, 0.0, -0.6, 0.8, -1.0, 0.0, 1.8, 2.4}, StoredType::float64};
  write_file_atomically(folder.path() / "layer.safetensors", serialize(file));
  const json found = one_of(run_in(folder.path(), "measure --layer layer.safetensors --layout n,m --json"));
  const json& cosines = found.at("cosines");
  REQUIRE(cosines.at("pairs").size() == 40);
  CHECK(cosines.at("edges").size() == 41);
  double pairs = 0.0;
  double random = 0.0;
  for (std::size_t bin = 0; bin < 40; ++bin) {
    pairs += cosines.at("pairs").at(bin).get<double>();
    random += cosines.at("pairs_of_random").at(bin).get<double>();
  }
  CHECK(pairs == 6.0);
  CHECK(random == Approx(6.0).epsilon(1e-12));
  CHECK(cosines.at("pairs").at(0) == 1);   // opposite
  CHECK(cosines.at("pairs").at(25) == 1);  // 0.28
  // On a circle the angle is even.
  CHECK(cosines.at("pairs_of_random").at(39).get<double>() ==
        Approx(6.0 * std::acos(0.95) / std::acos(-1.0)).epsilon(1e-9));
  CHECK(found.at("coherence_of_random").get<double>() < 1.0);
  CHECK(found.at("coherence_of_random").get<double>() > 0.9);
  const std::string text = run_in(folder.path(), "measure --layer layer.safetensors --layout n,m").out;
  CHECK(text.find("of as many random directions") != std::string::npos);
  CHECK(text.find("0.9  0                   1") != std::string::npos);
  CHECK(json_of(run_in(folder.path(), "measure --layer layer.safetensors --layout n,m --no-coherence --json"))
            .count("cosines") == 0);
}

TEST_CASE("the phase diagram leaves its tables and figure") {
  const TemporaryFolder folder;
  const Outcome outcome = run_in(folder.path(), "phase --grid 6 --out phase");
  CHECK(outcome.status == 0);
  for (const char* name : {"phase.csv", "boundary.csv", "phase.svg", "phase.png", "phase.gp"}) {
    CHECK(std::filesystem::file_size(folder.path() / "phase" / name) > 0);
  }
  CHECK(lines(read_file(folder.path() / "phase" / "phase.csv")) == 37);
}

TEST_CASE("an interrupted training keeps the weights it has and says so") {
  const TemporaryFolder folder;
  const Outcome outcome = run_in(folder.path(),
                                 "train --features 5 --hidden 2 --density 0.5 0.1 0.02 --steps 100000000 "
                                 "--threads 1 --checkpoint-every 0.02 "
                                 "--snapshots log:3 --out run",
                                 signalled("INT", "run/checkpoint.safetensors"));
  CHECK(outcome.status == 130);
  const Run run = load_run(folder.path() / "run");
  CHECK_FALSE(run.complete);
  REQUIRE(run.steps_done.size() == 3);
  CHECK(run.steps_done[0] > 0);
  CHECK(run.steps_done[2] == 0);  // one thread has not come to it
  CHECK(outcome.error.find(fmt::format("interrupted after 0 to {} of 100000000 steps", run.steps_done[0])) !=
        std::string::npos);

  // Snapshots are those of steps that were taken: the third instance's start alone.
  const Safetensors kept =
      parse_safetensors(read_file(folder.path() / "run" / "snapshots.safetensors"), "snapshots");
  const std::vector<double>& step = kept.tensors.at("step").values;
  CHECK(step.back() <= double(run.steps_done[0]));
  CHECK(kept.tensors.at("taken").values == std::vector<double>{double(step.size()), 1.0, 1.0});
  const std::vector<double>& W = kept.tensors.at("W").values;
  CHECK(std::count_if(W.begin(), W.end(), [](double w) { return !std::isnan(w); }) ==
        10 * (std::ptrdiff_t(step.size()) + 2));
  CHECK(lines(read_file(folder.path() / "run" / "snapshots.csv")) == 1 + 5 * (step.size() + 2));
}

TEST_CASE("a training that stops early has the snapshots of its own steps") {
  const TemporaryFolder folder;
  REQUIRE(
      run_in(
          folder.path(),
          "train --features 3 --hidden 2 --density 0.5 --steps 100000 --batch 64 --stop plateau --patience 2 "
          "--snapshots every:100 --out run")
          .status == 0);
  const Run run = load_run(folder.path() / "run");
  REQUIRE(run.steps_done[0] < 100'000);
  const Safetensors kept =
      parse_safetensors(read_file(folder.path() / "run" / "snapshots.safetensors"), "snapshots");
  CHECK(kept.tensors.at("step").values.back() == double(run.steps_done[0]));
}

TEST_CASE("a run is never overwritten unasked, and nothing of it stays beside the next") {
  const TemporaryFolder folder;
  const std::filesystem::path run = folder.path() / "run";
  const std::string training = std::string(small_training) + "--out run";
  REQUIRE(run_in(folder.path(), training + " --snapshots every:20").status == 0);
  const std::string weights = read_file(run / "weights.safetensors");
  Outcome outcome = run_in(folder.path(), training + " --seed 2");
  CHECK(outcome.status == 2);
  CHECK(outcome.error ==
        "digon: --out: run holds a run already (weights.safetensors); accepted: another folder, or "
        "--overwrite\n");
  CHECK(read_file(run / "weights.safetensors") == weights);
  REQUIRE(run_in(folder.path(), training + " --seed 2 --overwrite").status == 0);
  CHECK(read_file(run / "weights.safetensors") != weights);
  CHECK(!std::filesystem::exists(run / "snapshots.safetensors"));
  CHECK(!std::filesystem::exists(run / "snapshots.csv"));
  CHECK(run_in(folder.path(), training + " --seed 2 --overwrite --features 0").status == 2);
  CHECK(std::filesystem::exists(run / "weights.safetensors"));
}

TEST_CASE("two processes do not write to one folder at a time") {
  const TemporaryFolder folder;
  const auto begin = [&](const std::string& out) {
    return "bash -c '" DIGON_PROGRAM " train --features 4 --hidden 2 --density 0.1 --steps 100000000 --out " +
           out + " >/dev/null 2>&1 & until [ -s " + out +
           "/.digon.lock ]; do sleep 0.01; done; \"$@\"; status=$?; kill -KILL $!; "
           "exit $status' bash";
  };
  Outcome outcome = run_in(folder.path(), std::string(small_training) + "--out run", begin("run"));
  CHECK(outcome.status == 2);
  CHECK(outcome.error.find("digon: run: process ") == 0);
  CHECK(outcome.error.find("is at work there; accepted: another folder, or --wait") != std::string::npos);
  // Its owner was killed: the lock that is left is none.
  CHECK(std::filesystem::exists(folder.path() / "run" / ".digon.lock"));
  CHECK(run_in(folder.path(), std::string(small_training) + "--overwrite --out run").status == 0);
  CHECK(!std::filesystem::exists(folder.path() / "run" / ".digon.lock"));
  // Waited for, and a wait ends with a signal.
  outcome = run_in(folder.path(), "train --features 4 --hidden 2 --density 0.1 --wait --out other",
                   begin("other") + " timeout --preserve-status -s INT 0.5");
  CHECK(outcome.status == 130);
  CHECK(outcome.error.find("waiting for process ") != std::string::npos);
}

TEST_CASE("a training that was interrupted, or killed, goes on to the same bits") {
  const TemporaryFolder folder;
  // Most of its time goes into a checkpoint every hundred steps: it lasts, and computes little.
  const std::string training =
      "train --features 4 --hidden 2 --density 0.5 0.1 0.02 --steps 12000 --batch 64 --schedule cosine "
      "--warm-up 50 --snapshots log:3 --hidden-l1 0.01 "
      "--optimizer adamw --seed 3 --checkpoint-every 1e-9 --out ";
  REQUIRE(run_in(folder.path(), training + "whole").status == 0);
  CHECK(parse_json(read_file(folder.path() / "whole" / "run.json"),
                   "the run")["settings"]["training"]["hidden_l1"] == 0.01);
  CHECK(!std::filesystem::exists(folder.path() / "whole" / "checkpoint.safetensors"));
  const auto as_whole = [&](const char* name) {
    for (const char* file : {"weights.safetensors", "losses.csv", "snapshots.safetensors", "snapshots.csv"}) {
      CHECK(read_file(folder.path() / name / file) == read_file(folder.path() / "whole" / file));
    }
  };
  Outcome outcome =
      run_in(folder.path(), training + "parts", signalled("INT", "parts/checkpoint.safetensors"));
  CHECK(outcome.error.find("'digon train --resume parts' goes on") != std::string::npos);
  outcome = run_in(folder.path(), "train --resume parts", signalled("TERM", "parts/checkpoint.safetensors"));
  std::filesystem::rename(folder.path() / "parts", folder.path() / "moved");
  for (int attempt = 0; outcome.status != 0 && attempt < 3; ++attempt) {
    CHECK(outcome.status == 130);
    outcome = run_in(folder.path(), "train --resume moved");
  }
  REQUIRE(outcome.status == 0);
  as_whole("moved");
  CHECK(run_in(folder.path(), "train --resume moved").status == 2);  // there is nothing to go on with

  run_in(folder.path(), training + "killed", signalled("KILL", "killed/checkpoint.safetensors"));
  REQUIRE(std::filesystem::exists(folder.path() / "killed" / "checkpoint.safetensors"));
  CHECK(!std::filesystem::exists(folder.path() / "killed" / "weights.safetensors"));
  CHECK(run_in(folder.path(), training + "killed --seed 6").status == 2);  // another training
  outcome = run_in(folder.path(), training + "killed --overwrite");        // which has nothing to overwrite
  REQUIRE(outcome.status == 0);
  CHECK(outcome.error.find("going on with the unfinished training in killed") != std::string::npos);
  as_whole("killed");
}

TEST_CASE("training on the exact gradient resumes to the same bits too") {
  const TemporaryFolder folder;
  const std::string training =
      "train --features 6 --hidden 2 --density 0.2 --steps 4000 --objective exact --learning-rate 0.01 "
      "--checkpoint-every 0.02 --out ";
  REQUIRE(run_in(folder.path(), training + "whole").status == 0);
  REQUIRE(
      run_in(folder.path(), training + "parts", signalled("INT", "parts/checkpoint.safetensors")).status ==
      130);
  REQUIRE(run_in(folder.path(), "train --resume parts").status == 0);
  CHECK(read_file(folder.path() / "parts" / "weights.safetensors") ==
        read_file(folder.path() / "whole" / "weights.safetensors"));
}

TEST_CASE("the law of the features is kept with the weights and printed with the numbers") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(),
                 "train --features 4 --hidden 2 --density 0.1 --correlated 2 --steps 300 --out pairs")
              .status == 0);
  Outcome outcome = run_in(folder.path(), "loss --model pairs/weights.safetensors --json");
  REQUIRE(outcome.status == 0);
  const json answer = one_of(outcome);
  CHECK(answer["values"] == "uniform");
  CHECK(answer["sets"] == parse_json(R"([{"relation":"correlated","members":[0,1],"correlation":1.0},)"
                                     R"({"relation":"correlated","members":[2,3],"correlation":1.0}])",
                                     "the sets"));
  outcome = run_in(folder.path(), "gap --model pairs/weights.safetensors --populations 1");
  CHECK(outcome.out.find("2 correlated sets") != std::string::npos);

  REQUIRE(run_in(folder.path(),
                 "train --features 3 --hidden 6 --density 0.3 --kind absolute-value --steps 100 --out abs")
              .status == 0);
  outcome = run_in(folder.path(), "loss --model abs/weights.safetensors --json");
  REQUIRE(outcome.status == 0);
  CHECK(one_of(outcome)["samples"] == 0);  // of three features all is exact
  CHECK(one_of(outcome)["L_mean"].size() == 4);
  outcome = run_in(folder.path(), "measure --model abs/weights.safetensors --json");
  CHECK(one_of(outcome)["neurons"].size() == 6);
  outcome = run_in(folder.path(), "attack --model abs/weights.safetensors --samples 64 --json");
  REQUIRE(outcome.status == 0);
  CHECK(one_of(outcome)["attacked"] > one_of(outcome)["sampled_loss"]);
  CHECK(one_of(outcome)["exact_loss"].is_null());  // a part of it is estimated
  CHECK(one_of(outcome)["sampled_loss_standard_error"] > 0.0);
  CHECK(load_run(folder.path() / "abs").models[0].model.W_out.rows() == 3);
  CHECK(load_run(folder.path() / "abs").models[0].features.values == ActiveValue::signed_uniform);
}

TEST_CASE("report says what it makes a page of") {
  const TemporaryFolder folder;
  Outcome outcome = run_in(folder.path(), "report");
  CHECK(outcome.status == 2);
  CHECK(outcome.error.find("results holds none; 'digon verify' makes it") != std::string::npos);
  CHECK(std::filesystem::is_empty(folder.path()));
  REQUIRE(run_in(folder.path(), "train --features 2 --hidden 1 --density 0.3 --steps 60 --out run").status ==
          0);
  CHECK(run_in(folder.path(), "report --out run --preset paper").status == 2);
  outcome = run_in(folder.path(), "report --out run --populations 1");
  REQUIRE(outcome.status == 0);
  CHECK(outcome.out == "run/report.html\n");
  CHECK(!std::filesystem::exists(folder.path() / "run" / "results.db"));
  CHECK(read_file(folder.path() / "run" / "report.html").find("exact loss") != std::string::npos);
}

TEST_CASE("snapshots of a training are judged like weights, and drawn against its steps") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(),
                 "train --features 4 --hidden 2 --density 0.5 0.1 --steps 200 --snapshots log:2 --out run")
              .status == 0);
  const std::string of_snapshots = " --model run/snapshots.safetensors ";
  const json weights = json_of(run_in(folder.path(), "loss --json --model run/weights.safetensors"));
  const json last = json_of(run_in(folder.path(), "loss --json --step last" + of_snapshots));
  REQUIRE(last.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(last[k].at("step") == 200);
    CHECK(last[k].at("loss") == weights[k].at("loss"));
    CHECK(weights[k].at("step").is_null());
  }
  const json first = one_of(run_in(folder.path(), "measure --json --step 0 --instance 1" + of_snapshots));
  CHECK(first.at("instance") == 1);
  CHECK(first.at("density").at(0) == 0.1);
  const Outcome gap = run_in(folder.path(), "gap --populations 1 --descents 10 --out gap" + of_snapshots);
  CHECK(gap.status == 0);
  CHECK(gap.out.find("instance 1, step 200") != std::string::npos);
  const std::string table = read_file(folder.path() / "gap" / "models.csv");
  CHECK(lines(table) == 1 + json_of(run_in(folder.path(), "measure --json" + of_snapshots)).size());
  CHECK(read_file(folder.path() / "gap" / "models.gp").find("optimiser step") != std::string::npos);
  const Outcome page =
      run_in(folder.path(), "report --populations 1 --descents 10 --out page" + of_snapshots);
  REQUIRE(page.status == 0);
  CHECK(read_file(folder.path() / "page" / "report.html").find("Over the steps") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "page" / "best"));
  check_refused(folder.path(), "loss --step 7" + of_snapshots,
                "--step: 7 given; run/snapshots.safetensors has");
  check_refused(folder.path(), "loss --step first" + of_snapshots, "--step: 'first' given");
  check_refused(folder.path(), "loss --instance 2" + of_snapshots, "--instance: '2' given");
  check_refused(folder.path(), "loss --step 0 --model run/weights.safetensors", "which holds no snapshots");
  check_refused(folder.path(), "loss --density 0.1 0.2 0.3" + of_snapshots, "3 values given for 2 instances");
}

TEST_CASE("report of several densities and starts: what tells them apart, and the best of each as a file") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(),
                 "train --features 4 --hidden 2 --density 0.5 0.1 --restarts 3 --steps 200 --out run")
              .status == 0);
  const json models = json_of(
      run_in(folder.path(),
             "report --json --model run/weights.safetensors --populations 1 --descents 10 --out page"));
  REQUIRE(models.size() == 6);
  for (std::size_t of = 0; of < 6; of += 3) {
    double best = 1.0;
    for (std::size_t k = of; k < of + 3; ++k) best = std::min(best, models[k].at("loss").get<double>());
    std::size_t files = 0;
    for (std::size_t k = of; k < of + 3; ++k) {
      if (models[k].at("best_file").is_null()) continue;
      ++files;
      CHECK(models[k].at("loss") == best);
      const std::string file =
          of == 0 ? "page/best/density-0.5.safetensors" : "page/best/density-0.1.safetensors";
      CHECK(models[k].at("best_file") == file);
      CHECK(one_of(run_in(folder.path(), "loss --json --model " + file)).at("loss") == best);
    }
    CHECK(files == 1);
  }
  const std::string page = read_file(folder.path() / "page" / "report.html");
  CHECK(page.find("Across densities") != std::string::npos);
  CHECK(lines(read_file(folder.path() / "page" / "models.csv")) == 7);
  CHECK(lines(read_file(folder.path() / "page" / "features.csv")) == 25);
  // Judged at another density, the commands shown say so.
  REQUIRE(
      run_in(folder.path(),
             "report --model run/weights.safetensors --density 0.2 --populations 1 --descents 10 --out other")
          .status == 0);
  CHECK(read_file(folder.path() / "other" / "report.html").find(" --density 0.2\ndigon gap") !=
        std::string::npos);
  CHECK(page.find("--density") == std::string::npos);
  // Of one density there are only the instances to tell them apart.
  REQUIRE(run_in(folder.path(), "measure --model run/weights.safetensors --density 0.2 --out same").status ==
          0);
  const std::string figure = read_file(folder.path() / "same" / "models.gp");
  CHECK(figure.find("set xlabel \"instance\"") != std::string::npos);
  CHECK(figure.find("set xtics 1\n") != std::string::npos);
}

TEST_CASE("in the C locale nothing is said where all is drawn, and what gnuplot says where it is not") {
  const TemporaryFolder folder;
  const Outcome drawn = run_in(folder.path(), "phase --grid 2 --out phase", "env -i PATH=$PATH LC_ALL=C");
  CHECK(drawn.status == 0);
  CHECK(drawn.error.empty());
  std::filesystem::create_directories(folder.path() / "bin");
  write_file_atomically(folder.path() / "bin" / "gnuplot", "#!/bin/sh\necho no font >&2\n");
  const Outcome failed = run_in(folder.path(), "phase --grid 2 --out phase",
                                "chmod +x bin/gnuplot; env PATH=\"$PWD/bin:$PATH\"");
  CHECK(failed.status == 1);
  CHECK(failed.error.find("gnuplot did not draw phase/phase.svg: no font") != std::string::npos);
}

TEST_CASE(
    "one vocabulary of the law in every command, defaults from the file, the density with every number") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(),
                 "train --features 4 --hidden 2 --density 0.2 --values uniform:0.5:1.5 --correlated 2:0.5 "
                 "--steps 60 --out run")
              .status == 0);
  const std::string model = " --model run/weights.safetensors";
  const json loss = one_of(run_in(folder.path(), "loss --json" + model));
  CHECK(loss.at("values") == "uniform:0.5:1.5");
  CHECK(loss.at("sets").at(0).at("correlation") == 0.5);
  FeatureDistribution features = uniform_features(4, 0.2);
  features.values = {0.5, 1.5};
  features.sets = parse_sets("sets", "2:0.5", SetRelation::correlated, 4);
  const ToyModel weights = load_models(folder.path() / "run" / "weights.safetensors")[0].model;
  CHECK(loss.at("loss") == exact_loss(weights, features).loss);

  // Over the file's.
  const json binary =
      one_of(run_in(folder.path(), "loss --json --correlated none --values binary --density 0.3" + model));
  FeatureDistribution other = uniform_features(4, 0.3);
  other.values = ActiveValue::binary;
  CHECK(binary.at("loss") == exact_loss(weights, other).loss);
  CHECK(binary.at("L_mean").at(1).get<double>() ==
        Approx(one_sparse_loss(weights, other.importance, {1.0, 1.0}).total() / 4.0));
  const json active = one_of(run_in(folder.path(), "loss --json --active 2 --values signed" + model));
  CHECK(active.at("loss").get<double>() == Approx(active.at("L_mean").at(2).get<double>()).epsilon(1e-9));
  CHECK(active.at("active") == 2);

  const json gap = one_of(run_in(
      folder.path(), "gap --json --correlated none --values signed --populations 1 --descents 40" + model));
  CHECK(gap.at("density").at(0) == 0.2);
  CHECK(gap.at("law") == "uniform [-1, 1], independent");
  CHECK(gap.at("best_optimum").get<double>() <= gap.at("loss").get<double>());
  CHECK(gap.at("best_optimum").get<double>() > 4.0 * 0.2 / 6.0);  // what no ReLU answers
  CHECK(
      run_in(folder.path(), "gap --correlated none --values constant:2 --populations 1 --descents 20" + model)
          .out.find("constant 2, independent") != std::string::npos);
  const json optimum = one_of(run_in(
      folder.path(),
      "optimum --json --features 3 --hidden 1 --active 1 --values binary --populations 1 --descents 40"));
  CHECK(optimum.at("active") == 1);
  CHECK(optimum.at("values") == "binary");
  CHECK(run_in(folder.path(), "measure" + model)
            .out.find("uniform [0.5, 1.5], 2 correlated sets of correlation "
                      "0.5, density 0.2") != std::string::npos);
  CHECK(one_of(run_in(folder.path(), "attack --json --samples 64" + model)).at("density").at(0) == 0.2);
  const Outcome phase = run_in(folder.path(), "phase --grid 2 --values signed --out phase");
  CHECK(phase.status == 0);
  CHECK(phase.out.find("values uniform [-1, 1]") != std::string::npos);
}

TEST_CASE("a data set as the law: trained on by full batches, judged, and defaults to its file") {
  const TemporaryFolder folder;
  Safetensors file;
  Tensor samples{{4, 6}, std::vector<double>(24, 0.0)};
  for (std::size_t t = 0; t < 4; ++t) samples.values[6 * t + t] = 1.0;
  file.tensors["x"] = samples;
  write_file_atomically(folder.path() / "x.safetensors", serialize(file));
  // Four orthogonal samples are memorised in two dimensions by the square: W of norm 1, no bias.
  REQUIRE(
      run_in(folder.path(),
             "train --features 6 --hidden 2 --data x.safetensors --optimizer lbfgs --restarts 6 --out run")
          .status == 0);
  const json losses = json_of(run_in(folder.path(), "loss --json --model run/weights.safetensors"));
  double best = 1.0;
  for (const json& one : losses) {
    best = std::min(best, one.at("loss").get<double>());
    CHECK(one.at("data") == "x.safetensors");
    CHECK(one.at("L").is_null());
    CHECK(one.at("why").at("L") == "of samples the loss is their mean");
  }
  CHECK(best < 1e-8);
  const Outcome text = run_in(folder.path(), "loss --model run/weights.safetensors --instance 0");
  CHECK(text.out.find("of 4 samples in x.safetensors, density 0 to 0.25") != std::string::npos);
  CHECK(
      one_of(run_in(folder.path(), "loss --json --model run/weights.safetensors --instance 0 --density 0.1"))
          .at("L")
          .is_array());
  const json optimum = one_of(
      run_in(folder.path(),
             "optimum --json --features 6 --hidden 2 --data x.safetensors --populations 1 --descents 40"));
  CHECK(optimum.at("loss").get<double>() < 1e-8);
  REQUIRE(run_in(folder.path(), "train --features 6 --hidden 2 --data x.safetensors --steps 200 --out adam")
              .status == 0);
  CHECK(run_in(folder.path(), "loss --model run/weights.safetensors --values signed")
            .error.find(
                "--values: given for features that are samples in x.safetensors; accepted: with --density") !=
        std::string::npos);
  std::filesystem::remove(folder.path() / "x.safetensors");
  const Outcome gone = run_in(folder.path(), "loss --model run/weights.safetensors");
  CHECK(gone.status == 2);
  CHECK(gone.error.find("x.safetensors") != std::string::npos);
}

TEST_CASE("laws that cannot be: one line that says what is accepted") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(), std::string(small_training) + "--out run").status == 0);
  Safetensors file;
  file.tensors["x"] = {{2, 3}, std::vector<double>(6, 0.5)};
  write_file_atomically(folder.path() / "three.safetensors", serialize(file));
  file.tensors["x"] = {{2, 4}, std::vector<double>(8, std::nan(""))};
  write_file_atomically(folder.path() / "nan.safetensors", serialize(file));
  const auto refused = [&](const std::string& words, const std::string& reason) {
    check_refused(folder.path(), words, reason);
  };
  for (const std::string command : {"loss", "gap", "measure", "attack", "report --out page"}) {
    const std::string words = command + " --model run/weights.safetensors ";
    refused(words + "--values uniform:1:0",
            "--values: 'uniform:1:0' is not a law of values; accepted: uniform");
    refused(words + "--correlated 2:1.5", "--correlated: '2:1.5' given; accepted: SETS:RHO");
    refused(words + "--active 5", "--active: '5' given; accepted: a whole number from 0 to 4");
    refused(words + "--active 2 --density 0.1", "--active: given with --density; accepted: one of them");
    refused(words + "--data three.safetensors", "samples of 3 features given; accepted: of 4");
    refused(words + "--data nan.safetensors", "nan.safetensors: contains NaN");
    refused(words + "--data three.safetensors --values signed", "--data: given with --values");
    refused(words + "--data missing.npy", "missing.npy: cannot be read");
  }
  const std::string hidden_relu = " --model run/weights.safetensors --kind relu-hidden ";
  for (const std::string command : {"loss", "gap"}) {
    refused(command + hidden_relu + "--values binary", "values: binary given; of models with a ReLU in the");
    refused(command + hidden_relu + "--correlated 2", "sets: 2 given; of models with a ReLU in the hidden");
  }
  refused("loss" + hidden_relu + "--up-to 2", "--up-to: given for a relu-hidden model");
  refused("optimum --features 4 --hidden 2 --density 0.1 --kind relu-hidden --values 0.5",
          "--values: '0.5' is not a law of values");
  refused("optimum --features 4 --hidden 2 --density 0.1 --kind relu-hidden --values binary",
          "values: binary given; of models with a ReLU");
  refused("optimum --features 4 --hidden 2 --kind relu-hidden --objective l1",
          "--objective: l1 given with --kind relu-hidden; accepted there: exact");
  refused("optimum --features 4 --hidden 2 --objective l1 --record known",
          "--record: given with --objective l1");
  refused("train --features 4 --hidden 2 --data three.safetensors --out new", "accepted: of 4");
  refused("train --features 3 --hidden 2 --data three.safetensors --objective sampled --out new",
          "--objective: sampled given with --data; accepted there: exact");
  const std::string penalty = "train --features 4 --hidden 2 --density 0.1 --out new --hidden-l1 ";
  refused(penalty + "0", "--hidden-l1: '0' given");
  refused(penalty + "0.1 --objective exact", "--hidden-l1: given with --objective exact, where it does");
  refused(penalty + "0.1 --objective exact --optimizer lbfgs", "--hidden-l1: given with --optimizer lbfgs");
  refused("train --features 4 --hidden 2 --active 2 --density 0.5 --out new",
          "--active: given with --density");
  refused("train --features 50 --hidden 2 --density 0.1 --values binary --objective exact --out new",
          "--objective: exact given for relu-output models of features binary {0, 1}, independent");
  const std::string linear = "optimum --features 4 --hidden 2 --kind linear ";
  for (const std::string option : {"--penalty weights:0.1", "--max-coherence 0.5", "--populations 2",
                                   "--seconds 1", "--record known", "--from run/weights.safetensors"}) {
    refused(linear + "--density 0.1 " + option, "given with --kind linear, whose optimum is known");
  }
  refused(linear + "--objective l1", "--objective: l1 given with --kind linear");
  refused(linear + "--active 2 --importance 0.9^i",
          "features 0 and 1 are not independent and of importances 1 and 0.9");
  refused(linear + "--density 0.1 --correlated 2 --importance 0.9^i",
          "accepted: one importance, where features depend");
  refused("optimum --features 4 --hidden 2 --active 1 --objective l1",
          "--active: L_1 is the limit of density 0");
  refused("phase --out new --values uniform:1", "--values: 'uniform:1'");
  refused("report --values signed --out new", "--values: given without --model");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "new"));
}

TEST_CASE("an interrupted reproduction leaves no unfinished results") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_in(folder.path(), "reproduce basic-small --out results", signalled("TERM", "results/results.db"));
  CHECK(outcome.status == 130);
  CHECK((outcome.error.find("holds nothing to go on with") != std::string::npos ||
         outcome.error.find(" cells that results holds") != std::string::npos));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "results" / "basic-small" / "weights.safetensors"));
}

TEST_CASE("a sweep that is killed goes on with the cells it has, to the same files") {
  const TemporaryFolder folder;
  // All of one phase: small cells, and no boundary to find.
  const std::string sweep =
      "phase --grid 8 --density 0.02:0.05 --relative-importance 0.1:0.2 --threads 1 --out ";
  REQUIRE(run_in(folder.path(), sweep + "whole").status == 0);
  std::size_t kept = 0;
  for (int kill = 0; kill < 3; ++kill) {
    run_in(folder.path(), sweep + "killed", signalled("KILL", "killed/results.db-wal", 40'000));
    const std::size_t before = kept;
    kept = RunStore(folder.path() / "killed" / "results.db").rows().size();
    CHECK(kept > before);
  }
  CHECK(kept < 64);
  REQUIRE(run_in(folder.path(), sweep + "killed").status == 0);
  for (const char* file : {"phase.csv", "boundary.csv", "phase.gp"}) {
    CHECK(read_file(folder.path() / "killed" / file) == read_file(folder.path() / "whole" / file));
  }
}

TEST_CASE("an experiment run again computes nothing, and its cells are exported") {
  const TemporaryFolder folder;
  const std::string experiment = "reproduce dynamics-geometry --out whole";
  const std::filesystem::path results = folder.path() / "whole" / "dynamics-geometry";
  REQUIRE(run_in(folder.path(), experiment).status == 0);
  const std::string weights = read_file(results / "weights.safetensors");
  const std::string store = read_file(folder.path() / "whole" / "results.db");
  // Not even where all it needs beside the store is gone.
  std::filesystem::remove_all(results);
  const json told = one_of(run_in(folder.path(), experiment + " --json"));
  CHECK(told.at("experiment") == "dynamics-geometry");
  const json verdict = parse_json(read_file(results / "verdict.json"), "verdict.json");
  CHECK(told.at("checks") == verdict.at("checks"));
  CHECK(told.at("pass") == true);
  CHECK((read_file(folder.path() / "whole" / "results.db") == store));
  CHECK((read_file(results / "weights.safetensors") == weights));

  Outcome outcome =
      run_in(folder.path(), "export --store whole/results.db --experiment dynamics-geometry --out cells");
  REQUIRE(outcome.status == 0);
  CHECK(std::filesystem::exists(folder.path() / "cells" / "cells.csv"));
  CHECK(load_models(folder.path() / "cells" / "cell-0.safetensors").size() > 1);  // its snapshots too
  outcome = run_in(folder.path(), "export --store none.db --out nowhere");
  CHECK(outcome.status == 2);
}

TEST_CASE("every experiment is listed, and bad choices of experiments are refused") {
  const TemporaryFolder folder;
  const Outcome outcome = run_in(folder.path(), "reproduce --list");
  CHECK(lines(outcome.out) == catalog_of(Suite::empirical).size());
  for (const Experiment* experiment : catalog_of(Suite::empirical)) {
    CAPTURE(experiment->id);
    CHECK(outcome.out.find(experiment->id + " ") != std::string::npos);
    CHECK(outcome.out.find(experiment->summary) != std::string::npos);
  }
  for (const char* words :
       {"reproduce --all intro", "reproduce nothing", "reproduce intro --preset huge", "reproduce"}) {
    CAPTURE(words);
    CHECK(run_in(folder.path(), words).status == 2);
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("packing: JSON with its certificate, tables and figure, and coinciding points are refused") {
  const TemporaryFolder folder;
  const Outcome outcome = run_in(folder.path(), "pack --points 12 --dim 3 --starts 4 --json --out pack");
  REQUIRE(outcome.status == 0);
  const json answer = one_of(outcome);
  CHECK(answer["energy"].get<double>() == Approx(49.165253058).epsilon(2e-9));
  CHECK(answer["geometry"] == "icosahedron");
  CHECK(answer["points"].size() == 12);
  CHECK(answer["starts"] == 4);
  CHECK(answer["hits"].get<int>() >= 1);
  CHECK(answer["gradient_norm"].get<double>() < 1e-9);
  CHECK(answer["min_hessian_eigenvalue"].get<double>() > 0.1);
  CHECK(answer["inner_products"].size() == 3);
  CHECK(answer["known"].get<double>() == 49.165253058);
  CHECK(std::abs(answer["relative_gap"].get<double>()) < 1e-10);
  CHECK(answer["proved_optimal_by"] == "universal (Levenshtein quadrature)");
  for (const char* file : {"points.csv", "packing.json", "packing.svg", "packing.png", "packing.gp"}) {
    CHECK(std::filesystem::exists(folder.path() / "pack" / file));
  }
  const Outcome again = run_in(folder.path(), "pack --points 12 --dim 3 --starts 4 --json --threads 1");
  CHECK(again.out == outcome.out);
  for (const char* start : {"pack/points.npy", "pack/initial.csv"}) {
    const Outcome fed =
        run_in(folder.path(), std::string("pack --points 12 --dim 3 --starts 1 --json --initial ") + start);
    CAPTURE(start, fed.error);
    CHECK(one_of(fed)["energy"].get<double>() == Approx(answer["energy"].get<double>()).epsilon(1e-14));
  }
  CHECK(run_in(folder.path(), "pack --points 11 --dim 3 --initial pack/points.npy")
            .error.find("has 12 points; accepted: 11") != std::string::npos);
  CHECK(run_in(folder.path(), "pack --points 12 --dim 4 --initial pack/points.npy")
            .error.find("has 3 numbers; accepted: 4") != std::string::npos);

  write_file_atomically(folder.path() / "start.csv", "1,0,0\n0,1,0\n1,0,0\n");
  const Outcome same = run_in(folder.path(), "pack --points 3 --dim 3 --initial start.csv --out other");
  CHECK(same.status == 2);
  CHECK(same.error.find("points 0 and 2 coincide") != std::string::npos);
  CHECK(!std::filesystem::exists(folder.path() / "other"));
  // What is no pole of the energy may coincide.
  CHECK(
      run_in(folder.path(), "pack --points 3 --dim 3 --energy frame --initial start.csv --starts 1").status ==
      0);
}

TEST_CASE(
    "L_1 packing tells which features to represent, and measure names the geometry of trained weights") {
  const TemporaryFolder folder;
  const Outcome l1 = run_in(folder.path(), "pack --features 5 --dim 2 --energy l1 --starts 8 --json");
  REQUIRE(l1.status == 0);
  const json best = one_of(l1)["optima"][0];
  CHECK(best["represented"] == 5);
  CHECK(best["geometry"] == "pentagon");
  CHECK(best["mean_norm"].get<double>() == Approx(1.170460).epsilon(1e-4));

  REQUIRE(run_in(folder.path(),
                 "train --features 5 --hidden 2 --density 0.05 --steps 4000 --learning-rate 3e-3 "
                 "--schedule cosine --seed 3 --out run")
              .status == 0);
  const Outcome measured = run_in(folder.path(), "measure --model run/weights.safetensors --json");
  REQUIRE(measured.status == 0);
  CHECK(one_of(measured)["geometry"] == "pentagon");
}

TEST_CASE("training on the exact gradient descends to the local minimum that L-BFGS reaches") {
  const TemporaryFolder folder;
  const std::string common =
      "train --features 4 --hidden 2 --density 0.3 --importance 0.9^i --seed 4 --objective exact ";
  const auto loss_of = [&](const std::string& words, const std::string& out) {
    REQUIRE(run_in(folder.path(), common + words + " --out " + out).status == 0);
    const Outcome loss = run_in(folder.path(), "loss --model " + out + "/weights.safetensors --json");
    REQUIRE(loss.status == 0);
    return one_of(loss)["loss"].get<double>();
  };
  const double minimum = loss_of("--optimizer lbfgs", "lbfgs");
  CHECK(loss_of("--optimizer adam --learning-rate 1e-2 --schedule cosine --steps 500", "adam") ==
        Approx(minimum).epsilon(1e-3));
  CHECK(loss_of("--optimizer sgd --learning-rate 1 --momentum 0.9 --warm-up 50 --steps 500", "sgd") ==
        Approx(minimum).epsilon(1e-3));
  const Outcome gap = run_in(folder.path(), "gap --model lbfgs/weights.safetensors --populations 1 --json");
  REQUIRE(gap.status == 0);
  const json found = one_of(gap);
  CHECK(found["loss"].get<double>() == Approx(found["local_minimum"].get<double>()).epsilon(1e-8));
}

TEST_CASE("a model with a ReLU in its hidden layer: trained, measured, its loss, its gap, its optimum") {
  const TemporaryFolder folder;
  REQUIRE(run_in(folder.path(),
                 "train --kind relu-hidden --features 6 --hidden 3 --density 0.1 --steps 600 "
                 "--learning-rate 3e-3 --out run")
              .status == 0);
  const Outcome measured = run_in(folder.path(), "measure --model run/weights.safetensors --json");
  REQUIRE(measured.status == 0);
  CHECK(one_of(measured)["norm"].size() == 6);
  Outcome outcome = run_in(folder.path(), "loss --model run/weights.safetensors");
  REQUIRE(outcome.status == 0);
  CHECK(outcome.out.find("exact: L_0 to L_") != std::string::npos);
  CHECK(outcome.out.find("estimated: the rest, by number of active features") != std::string::npos);
  const json loss = one_of(run_in(folder.path(), "loss --model run/weights.safetensors --json"));
  CHECK(loss["exact_part"].get<double>() + loss["estimated_part"].get<double>() ==
        Approx(loss["loss"].get<double>()));
  CHECK(loss["error"] <= 1e-4 * loss["loss"].get<double>());
  const json gap = one_of(run_in(
      folder.path(), "gap --model run/weights.safetensors --populations 2 --descents 4 --threads 2 --json"));
  CHECK(gap["loss"].get<double>() == Approx(loss["loss"].get<double>()).epsilon(1e-4));
  CHECK(gap["best_optimum"] <= gap["local_minimum"].get<double>());
  CHECK(gap["local_minimum"] <= gap["loss"].get<double>());
  const json best = one_of(run_in(folder.path(),
                                  "optimum --kind absolute-value --features 2 --hidden 4 --density 0.5 "
                                  "--populations 1 --descents 8 --json"));
  CHECK(best["stated_loss"].get<double>() < 1e-12);  // two neurons a feature
  CHECK(best["W_out"].size() == 2);
  CHECK(best["values"] == "signed");
  // A record of its own, which gap and optimum begin with; a descent from weights that are given.
  const std::string hidden = "optimum --kind relu-hidden --features 6 --hidden 3 --density 0.1 ";
  REQUIRE(run_in(folder.path(), hidden + "--populations 0 --from run/weights.safetensors --record known")
              .error.find("record: added") != std::string::npos);
  const OptimumRecord known = read_optimum_record(folder.path() / "known");
  CHECK(known.at(0).model.kind == ModelKind::relu_hidden);
  CHECK(known.at(0).loss == Approx(gap["local_minimum"].get<double>()).epsilon(1e-3));
  CHECK(run_in(folder.path(), hidden + "--populations 1 --descents 1 --record known").status == 0);
  CHECK(read_optimum_record(folder.path() / "known").at(0).loss <= known.at(0).loss);
  check_refused(
      folder.path(),
      "optimum --kind relu-hidden --features 6 --hidden 2 --density 0.1 --from run/weights.safetensors",
      "--from: a model of kind relu-hidden with 6 features in 3 dimensions given; accepted: of kind "
      "relu-hidden, 6 in 2");
  const Outcome exact = run_in(folder.path(),
                               "train --kind relu-hidden --features 6 --hidden 3 --density 0.1 --objective "
                               "exact --out exact");
  CHECK(exact.status == 2);
  CHECK(!std::filesystem::exists(folder.path() / "exact"));
}

TEST_CASE(
    "the default tolerance of loss holds for the lowest minima at every density, and what misses it is "
    "said") {
  const TemporaryFolder folder;
  const std::vector<std::string> some{"1", "0.1", "0.001"};
  const std::vector<std::string> all{"1", "0.3", "0.1", "0.03", "0.01", "0.003", "0.001"};
  for (const std::string& density : is_sanitized ? some : all) {
    const std::string out = "best" + density;
    REQUIRE(run_in(folder.path(), "optimum --features 20 --hidden 5 --importance 0.7^i --density " + density +
                                      " --out " + out)
                .status == 0);
    const Outcome outcome = run_in(folder.path(), "loss --json --model " + out + "/weights.safetensors");
    CAPTURE(density, outcome.error);
    CHECK(outcome.status == 0);
    CHECK(outcome.error.find("the decomposition is right to") == std::string::npos);
    CHECK(one_of(outcome).at("loss").get<double>() > 0.0);
  }
  // Out of reach: the loss is given all the same.
  const Outcome outcome =
      run_in(folder.path(), "loss --json --tolerance 1e-11 --model best0.1/weights.safetensors");
  CHECK(outcome.status == 0);
  CHECK(outcome.error.find("the decomposition is right to") != std::string::npos);
  const Outcome too_many = run_in(folder.path(), "loss --up-to 21 --model best0.1/weights.safetensors");
  CHECK(too_many.status == 2);
  CHECK(too_many.out.empty());
  CHECK(
      run_in(folder.path(), "loss --up-to 3 --no-decomposition --model best0.1/weights.safetensors").status ==
      2);
  CHECK(one_of(run_in(folder.path(), "loss --json --up-to 3 --model best0.1/weights.safetensors"))
            .at("L_mean")
            .size() == 4);
}

TEST_CASE("optimum: minima as weights, a record that takes what is new, penalties, and what is refused") {
  const TemporaryFolder folder;
  const std::string small = "optimum --features 3 --hidden 1 --density 0.07 --populations 1 --descents 40 ";
  REQUIRE(run_in(folder.path(), small + "--out minima --record known").error.find("record: added") !=
          std::string::npos);
  CHECK(run_in(folder.path(), small + "--record known").error.find("record: unchanged") != std::string::npos);
  CHECK(one_of(run_in(folder.path(), "loss --json --model minima/weights.safetensors --instance 0"))
            .at("loss")
            .get<double>() == Approx(read_optimum_record(folder.path() / "known").at(0).loss).epsilon(1e-9));
  // The populations of a folder are taken from there, and what another command wrote is left alone.
  const std::string weights = read_file(folder.path() / "minima/weights.safetensors");
  REQUIRE(run_in(folder.path(), small + "--out minima").status == 0);
  CHECK(read_file(folder.path() / "minima/weights.safetensors") == weights);
  CHECK(RunStore(folder.path() / "minima/results.db").size() == 1);
  std::filesystem::remove(folder.path() / "minima/minima.csv");
  CHECK(run_in(folder.path(), small + "--out minima").error.find("of another command") != std::string::npos);
  const auto refused = [&](const std::string& words, const std::string& reason) {
    check_refused(folder.path(), words, reason);
  };
  refused(small + "--penalty weights", "--penalty: 'weights' given; accepted: weights:L, interference:L");
  refused(small + "--penalty weights:-1", "accepted: weights:L, interference:L with L > 0");
  refused(small + "--max-coherence 1", "accepted: 0 ≤ C < 1");
  refused(small + "--penalty weights:0.1 --record known", "--record: given with a penalty");
  const json bounded =
      one_of(run_in(folder.path(), small + "--json --max-coherence 0.5 --penalty weights:0.001"));
  CHECK(bounded.at("coherence").get<double>() <= 0.5 + 1e-6);
  CHECK(bounded.at("penalty") == "weights:0.001, coherence at most 0.5");
}

TEST_CASE("recover: the loss in parts, the same bits on any threads, W of other origins beside it") {
  const TemporaryFolder folder;
  run_in(folder.path(), std::string(small_training) + "--out run");
  const std::string recover = "recover --model run/weights.safetensors --samples 300 --trials 20 ";
  const Outcome text = run_in(folder.path(), recover + "--beside gaussian frame");
  CHECK(text.status == 0);
  CHECK(text.out.find("that h no longer holds") != std::string::npos);
  CHECK(text.out.find("W of frame") != std::string::npos);
  const Outcome one = run_in(folder.path(), recover + "--instance 1 --json --threads 1");
  CHECK(one.out == run_in(folder.path(), recover + "--instance 1 --json --threads 2").out);
  CHECK(one.out != run_in(folder.path(), recover + "--instance 1 --json --seed 1").out);
  const json found = one_of(one).at("encoders").at(0);
  const json& parts = found.at("loss");
  CHECK(parts.at("lost").get<double>() + parts.at("unfound").get<double>() +
            parts.at("readout").get<double>() ==
        Approx(found.at("decoders").at(0).at("error").get<double>()));
  REQUIRE(found.at("by_count").size() == 2);
  const json of_one_active = found.at("by_count")[0].at("decoders");
  CHECK(of_one_active.back().at("decoder") == "support");
  CHECK(of_one_active.back().at("recovered") == 1.0);
  const auto refused = [&](const std::string& words, const std::string& reason) {
    check_refused(folder.path(), words, reason);
  };
  refused("recover", "--model");
  refused("recover --model missing", "missing");
  refused(recover + "--up-to 5", "--up-to: '5' given; accepted: a whole number from 1 to 4");
  refused("recover --model run/weights.safetensors --samples 1", "--samples: '1'");
  refused(recover + "--beside circle", "--beside: 'circle' given; accepted: gaussian, frame, optimum");
  refused(recover + "--beside optimum", "--beside: optimum given; paper_refs/optima.csv has none of 4 in 2");
  refused(recover + "--kind relu-hidden", "model: relu-hidden given; accepted: models with h = Wx");
}

TEST_CASE("learning-coefficient: of a pentagon 7, with its diagnosis, the same bits on any threads") {
  const TemporaryFolder folder;
  const PolygonOptimum best = polygon_optimum(5);
  write_file_atomically(folder.path() / "pentagon.safetensors",
                        serialize_models({{regular_polygon(5, best.norm, best.bias),
                                           with_active(uniform_features(5, 0.0), 1), 0}}));
  const std::string coefficient = "learning-coefficient --model pentagon.safetensors ";
  const Outcome text = run_in(folder.path(), coefficient + "--out figure");
  CHECK(text.status == 0);
  CHECK(text.out.find("half the rank of the Hessian 7.0") != std::string::npos);
  CHECK(text.out.find("not to be trusted") == std::string::npos);
  CHECK(std::filesystem::exists(folder.path() / "figure" / "learning-coefficient.svg"));
  CHECK(lines(read_file(folder.path() / "figure" / "learning-coefficient.csv")) == 5);
  const std::string quick = coefficient + "--draws 200 --json ";
  const Outcome one = run_in(folder.path(), quick + "--threads 1");
  CHECK(one.out == run_in(folder.path(), quick + "--threads 2").out);
  CHECK(one.out != run_in(folder.path(), quick + "--seed 1").out);
  const json found = one_of(one);
  CHECK(found.at("lambda").get<double>() == Approx(7.0).margin(0.15));
  CHECK(std::abs(found.at("lambda").get<double>() - 7.5) > 0.3);  // half the parameters
  CHECK(found.at("trustworthy") == true);
  CHECK(found.at("rotations") == 1);
  CHECK(found.at("points").size() == 4);
  // L_1 is five times the mean over one active feature; a few draws of MALA say the same.
  const json l1 =
      one_of(run_in(folder.path(), coefficient + "--json --objective l1 --sampler mala --draws 2000"));
  CHECK(l1.at("loss").get<double>() == Approx(5.0 * found.at("loss").get<double>()));
  CHECK(l1.at("lambda").get<double>() == Approx(7.0).margin(0.15));
  // A pair in one dimension, whose four parameters are all held.
  const ToyModel pair{Eigen::RowVector2d(1.0, -1.0), Eigen::Vector2d::Zero()};
  write_file_atomically(folder.path() / "pair.safetensors",
                        serialize_models({{pair, with_active(uniform_features(2, 0.0), 1), 0}}));
  const json volume = one_of(run_in(
      folder.path(), "learning-coefficient --model pair.safetensors --as-is --volume --draws 200 --json"));
  CHECK(volume.at("volume").at("lambda").get<double>() == Approx(2.0).margin(0.2));
  CHECK(volume.at("lambda").get<double>() == Approx(2.0).margin(0.05));
  CHECK(volume.at("moved") == 0.0);
  const auto refused = [&](const std::string& words, const std::string& reason) {
    check_refused(folder.path(), words, reason);
  };
  refused("learning-coefficient", "--model");
  refused(coefficient + "--nbeta 100 10", "--nbeta: '10' given; accepted: ascending numbers above 0");
  refused(coefficient + "--nbeta zero", "--nbeta: 'zero' given");
  refused(coefficient + "--gamma 0", "--gamma: '0' given; accepted: numbers above 0");
  refused(coefficient + "--chains 0", "--chains: '0'");
  refused(coefficient + "--draws 3", "--draws: '3' given; accepted: a whole number from 4");
  refused(coefficient + "--sampler nuts", "--sampler: 'nuts' given; accepted: hmc, mala");
  refused(coefficient + "--objective l2", "--objective: 'l2' is not a loss; accepted: exact, l1");
  refused(coefficient + "--kind relu-hidden", "kind: relu-hidden given, whose loss is estimated");
}
