#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/files/model_file.hpp"
#include "core/files/table.hpp"
#include "program/commands/cell_options.hpp"
#include "program/experiments/catalog.hpp"
#include "program/experiments/changed_settings.hpp"
#include "program/experiments/driver.hpp"
#include "program/study/study.hpp"
#include "program/study/study_results.hpp"
#include "sweep/run_store.hpp"
#include "tests/program/run_program.hpp"
#include "tests/temporary_folder.hpp"
#include "theory/loss/exact_loss.hpp"

namespace {

using namespace digon;

/// What is said of a study that cannot be read; empty of one that can.
std::string refusal(const std::string& text) {
  const CellVocabulary vocabulary = cell_vocabulary();
  try {
    const Study study = parse_study(text, "s.toml", vocabulary);
    require_computable(study, read_cells(study, vocabulary));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

void check_refusal(const std::string& text, const std::string& begin, const std::string& accepted) {
  const std::string said = refusal(text);
  CAPTURE(text, said);
  CHECK(said.starts_with("s.toml:" + begin));
  CHECK(said.find("s.toml", 1) == std::string::npos);  // the place is said once
  CHECK(said.find(accepted) != std::string::npos);
  CHECK(said.find('\n') == std::string::npos);
}

/// A study that is right, to be spoilt.
const std::string right =
    "compute = [\"train\", \"gap\", \"geometry\"]\n"  // 1
    "[cell]\n"
    "n = 3\n"
    "m = 1\n"  // 4
    "steps = 8\n"
    "batch = 64\n"
    "[axes]\n"
    "density = [0.5, 0.1]\n"         // 8
    "importance-of-last = [1, 2]\n"  // 9
    "[[figure]]\n"                   // 10
    "kind = \"lines\"\n"
    "x = \"density\"\n"
    "y = \"trained_loss\"\n"
    "by = \"importance-of-last\"\n";

std::string with(const std::string& old, const std::string& other) {
  std::string text = right;
  const std::size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), other);
}

/// A study that is computed in no time.
const std::string tiny_study =
    "title = \"Tiny\"\n"
    "compute = [\"train\", \"gap\", \"decomposition\", \"geometry\", \"snapshots\"]\n"
    "[cell]\n"
    "n = 3\n"
    "m = 2\n"
    "starts = 2\n"
    "steps = 200\n"
    "batch = 64\n"
    "learning-rate = 0.01\n"
    "snapshots = \"every:100\"\n"
    "optimum-starts = 2\n"
    "[axes]\n"
    "importance-ratio-of-last = [0.5, 2]\n"
    "density = \"log:0.5:0.05:3\"\n"
    "[[figure]]\n"
    "kind = \"lines\"\n"
    "x = \"density\"\n"
    "y = [\"trained_loss\", \"optimum_loss\"]\n"
    "by = \"importance-ratio-of-last\"\n"
    "[[figure]]\n"
    "kind = \"phase-map\"\n"
    "x = \"density\"\n"
    "y = \"importance-ratio-of-last\"\n";

Table table_in(const std::filesystem::path& file) {
  return parse_csv(read_file(file));
}

std::size_t column_of(const Table& table, const std::string& name) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), name);
  REQUIRE(found != table.columns.end());
  return std::size_t(found - table.columns.begin());
}

double number_in(const Table& table, std::size_t row, const std::string& name) {
  return std::stod(table.rows.at(row).at(column_of(table, name)));
}

}  // namespace

TEST_CASE("an axis is a list or an even range, its ends exact") {
  const StudyAxis log = parse_axis("density", "density", {"log:1:0.01:3"});
  CHECK(log.texts == std::vector<std::string>{"1", "0.1", "0.01"});
  CHECK(log.scale == AxisScale::logarithmic);
  CHECK(parse_axis("rho", "correlation", {"lin:0:1:5"}).values == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
  CHECK(parse_axis("rho", "correlation", {"lin:0:1:5"}).scale == AxisScale::linear);
  CHECK(parse_axis("n", "features", {"2", "3"}).values == std::vector<double>{2, 3});
  CHECK_FALSE(parse_axis("I", "importance", {"1", "0.9^i"}).is_numeric);
  for (const char* wrong : {"log:0:1:3", "log:1:0.1", "log:1:0.1:1", "log:1:0.1:2.5", "lin:1:1:3",
                            "lin:a:1:3", "log:1:0.1:3:4"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_axis("density", "density", {wrong}), InputError);
  }
  CHECK_THROWS_AS(parse_axis("density", "density", {}), InputError);
  CHECK_THROWS_AS(parse_axis("density", "density", {"1", "1"}), InputError);
}

TEST_CASE("a study that is wrong is refused by its line, with what is accepted") {
  REQUIRE(refusal(right).empty());
  check_refusal("compute = [\"train\"", "1: is no TOML", "");
  check_refusal(with("n = 3", "n = log:1"), "3: is no TOML", "quotes");
  check_refusal("[ = []\n", "1: is no TOML", "key");
  check_refusal(with("n = 3", "Ġ = 3"), "3: is no TOML: a letter beyond ASCII", "quotes");
  check_refusal(with("n = 3", "values = \"\"\"\nx\"\"\""), "3: a text over several lines", "one line");
  CHECK(refusal("title = \"Ġ # \\\"é\" # ü 'ö\n" + right).empty());
  check_refusal("title = 2\"log \xef\xab\xbf \"\n", "1: is no TOML", "");  // toml++ reads on after the 2
  check_refusal("title = \"\xc3\"\n", "1: a text is not UTF-8", "");
  check_refusal(with("n = 3", "n = 3\nn = 4"), "4: is no TOML", "redefine");
  check_refusal(with("n = 3", "n = true"), "3: n: accepted: a number", "");
  check_refusal(with("n = 3", "n = [[3]]"), "3: n: accepted: a number", "");
  check_refusal(with("[cell]", "titlee = 1\n[cell]"), "2: 'titlee' is not known here", "did you mean title?");
  check_refusal(with("[cell]", "[cells]"), "2: table 'cells' given; accepted: [cell]", "[[case]]");
  check_refusal(with("density", "densty"), "8: 'densty' is not known of a cell, did you mean density?",
                "seed");
  check_refusal(with("steps", "stepz"), "5: 'stepz' is not known of a cell, did you mean steps?", "seed");
  check_refusal(with("steps = 8", "data = \"x.npy\""), "5: 'data' is not known of a cell",
                "accepted: features");
  check_refusal(with("steps = 8", "steps = 0"), "5: steps: '0' given", "a whole number from 1");
  check_refusal(with("steps = 8", "steps = \"many\""), "5: steps: 'many' given", "a whole number");
  check_refusal(with("steps = 8", "steps = [8, 9]"), "5: steps: a list given", "an axis");
  check_refusal(with("batch = 64", "batch = 65"), "6: batch: 65 given", "a multiple of 64");
  check_refusal(with("batch = 64", "optimizer = \"lbfgs\""),
                "6: optimizer: lbfgs given with --objective sampled", "sgd, adam");
  check_refusal(with("batch = 64", "objective = \"some\""), "6: objective: 'some' given", "sampled, exact");
  check_refusal(with("steps = 8", "objective = \"exact\""), "6: batch: given with --objective exact",
                "with sampled");
  check_refusal(with("batch = 64", "patience = 3"), "6: patience: given with --stop never", "plateau, exact");
  check_refusal(with("batch = 64", "stop = \"late\""), "6: stop: 'late' is not", "plateau");
  CHECK(refusal(with("batch = 64", "objective = \"exact\"\nstop = \"exact\"\npatience = 3")).empty());
  check_refusal(with("batch = 64", "momentum = 0.5"), "6: momentum: given with --optimizer adam", "sgd");
  check_refusal(with("batch = 64", "sparsity = 0.5"), "8: density", "give one of them");
  check_refusal(with("batch = 64", "hidden = 2"), "6: hidden given already in line 4", "once");
  check_refusal(with("batch = 64", "density = 0.5"), "6: density is an axis in line 8", "either");
  check_refusal(with("batch = 64", "correlation = 0.5"), "6: correlation: given without correlated", "SETS");
  check_refusal(with("batch = 64", "correlated = \"2\""), "6: correlated: sets of 2", "divides 3");
  check_refusal(with("batch = 64", "density-ratio-of-0 = 3"),
                "6: density-ratio-of-0: 3 makes the density 1.5", "1");
  check_refusal(with("batch = 64", "density-of-3 = 0.1"), "6: density-of-3: of 3 features",
                "0 to 2, or last");
  check_refusal(with("batch = 64", "density-of-x = 0.1"), "6: 'density-of-x' is not known", "density-of-K");
  check_refusal(with("batch = 64", "penalty = \"L1:2\""), "6: penalty: 'L1:2' given", "weights:L");
  check_refusal(with("batch = 64", "max-coherence = 1"), "6: max-coherence: 1 given", "0 ≤ C < 1");
  check_refusal(with("[0.5, 0.1]", "[]"), "8: density: no values", "log:FROM:TO:COUNT");
  check_refusal(with("[0.5, 0.1]", "[0.5, 0.5]"), "8: density: 0.5 given twice", "differ");
  check_refusal(with("[0.5, 0.1]", "[0.5, 2]"), "8: density: '2' is outside", "0 to 1");
  check_refusal(with("[0.5, 0.1]", "\"log:0:1:4\""), "8: density: 'log:0:1:4' given", "FROM, TO > 0");
  check_refusal(with("[0.5, 0.1]", "\"log:1:0.1:1001\"\nseed = \"lin:1:1001:1001\""), "1: ", "at most");
  check_refusal(with("density = [0.5, 0.1]", "density = 0.5\ndensities = 0.1"),
                "9: density is an axis already", "");
  check_refusal(with("\"train\", \"gap\", \"geometry\"", "\"geometry\""), "1: compute: neither train", "gap");
  check_refusal(with("\"gap\"", "\"gaps\""), "1: compute: 'gaps' is not what is computed", "decomposition");
  check_refusal(with("\"train\", \"gap\"", "\"optimum\", \"snapshots\""),
                "1: compute: snapshots are of trained", "");
  check_refusal(with("kind = \"lines\"", "kind = \"pie\""), "10: kind: 'pie' is not a figure", "heat-map");
  check_refusal(with("kind = \"lines\"\n", ""), "10: a [[figure]] without a kind", "phase-map");
  check_refusal(with("y = \"trained_loss\"", "y = \"loss\""), "10: y: 'loss' is not computed",
                "optimum_loss");
  check_refusal(with("x = \"density\"", "x = \"hidden\""), "10: x: hidden is no axis",
                "density, importance-of-last");
  check_refusal(with("x = \"density\"", "x = \"widht\""), "12: 'widht' is not known", "");
  check_refusal(with("by = \"importance-of-last\"", "name = \"a/b\""), "14: name: 'a/b' given", "letters");
  check_refusal(with("by = \"importance-of-last\"", "by = \"density\""), "10: by: density is an axis of the",
                "");
  check_refusal(with("by = \"importance-of-last\"", "y-scale = \"log\""),
                "10: the axis importance-of-last is in no", "as by, or of one value");
  CHECK(refusal(with("density = [", "seed = [1, 2]\ndensity = [")).empty());
  check_refusal(with("kind = \"lines\"", "kind = \"snapshots\""),
                "12: 'x' is not known of a figure of kind snap", "by");
  check_refusal("compute = [\"train\", \"snapshots\"]\n[cell]\nn = 3\nm = 1\ndensity = 0.5\n",
                " the cell has no", "every:K");
  check_refusal(with("by = ", "value = "), "14: 'value' is not known of a figure of kind lines", "y-scale");
  check_refusal(with("kind = \"lines\"", "kind = \"phase-map\""), "13: 'trained_loss' is not known",
                "density");
  check_refusal(with("[axes]", "[[case]]\nkind = \"linear\"\n[axes]"), "7: a [[case]] without a name",
                "name");
  check_refusal(with("[axes]", "[[case]]\nname = \"a\"\nn = 4\n[[case]]\nname = \"a\"\n[axes]"),
                "10: a case 'a'", "differ");
  check_refusal(with("batch = 64", "kind = \"relu-hidden\"\ncorrelated = \"3\""), " the cell of",
                "without optimum");
}

TEST_CASE("cells are every combination, the last axis fastest, and cases the slowest") {
  const CellVocabulary vocabulary = cell_vocabulary();
  const Study study = parse_study(
      "compute = [\"optimum\"]\n[cell]\nn = 2\nimportance = \"0.5^i\"\n[axes]\nm = [1, 2]\n"
      "density-ratio-of-0 = [0.5, 0.1]\n[[case]]\nname = \"a\"\ndensity = 0.4\n[[case]]\nname = \"b\"\n"
      "density = [0.4, 0.2]\nimportance-ratio-of-last = 3\n",
      "x.toml", vocabulary);
  const std::vector<StudyCell> cells = read_cells(study, vocabulary);
  REQUIRE(cells.size() == 8);
  CHECK(study.axes[0].option == case_axis);
  CHECK(indices_of(study, 3) == std::vector<std::size_t>{0, 1, 1});
  CHECK(cells[3].model.hidden == 2);
  CHECK(cells[3].model.features.density == Eigen::Vector2d(0.4 * 0.1, 0.4));
  CHECK(cells[4].model.features.density == Eigen::Vector2d(0.4 * 0.5, 0.2));
  CHECK(cells[4].model.features.importance == Eigen::Vector2d(1.0, 1.5));
  CHECK(swept_feature(study.axes, 2) == Eigen::Index(0));
}

TEST_CASE("every study that is shipped can be computed, and is of an experiment") {
  const CellVocabulary vocabulary = cell_vocabulary();
  std::set<std::string> ids;
  for (const Experiment* experiment : catalog_of(Suite::empirical)) ids.insert(experiment->id);
  std::size_t studies = 0;
  for (const auto& entry : std::filesystem::directory_iterator(DIGON_DOCS "/studies")) {
    CAPTURE(entry.path().string());
    const Study study = parse_study(read_file(entry.path()), entry.path().string(), vocabulary);
    const std::vector<StudyCell> cells = read_cells(study, vocabulary);
    CHECK_NOTHROW(require_computable(study, cells));
    CHECK(ids.contains(study.id));
    ++studies;
    // The law and the model are those of the experiment.
    const std::vector<TrainingCell> own = cells_of(find_experiment(study.id), Preset::quick, 0);
    CHECK(cells.front().model.features.features() == own.front().features.features());
    CHECK(cells.front().model.hidden == own.front().hidden);
    CHECK(cells.front().model.learning_rate == own.front().learning_rate);
    CHECK(cells.front().model.steps == own.front().steps);
  }
  CHECK(studies >= 15);
}

TEST_CASE("a study leaves tidy tables, weights, figures and a page, the same for any threads") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "tiny.toml", tiny_study);
  const Outcome outcome = run_in(folder.path(), "sweep tiny.toml --threads 1");
  CAPTURE(outcome.error);
  REQUIRE(outcome.status == 0);
  CHECK(outcome.out.find("Tiny: 6 cells") != std::string::npos);
  const std::filesystem::path left = folder.path() / "tiny";
  for (const char* file : {"report.html", "figure-1.svg", "figure-1.png", "figure-1.txt", "figure-2.gp"}) {
    CHECK(std::filesystem::file_size(left / file) > 0);
  }
  const Table cells = table_in(left / "cells.csv");
  REQUIRE(cells.rows.size() == 6);
  CHECK(cells.columns[1] == "importance_ratio_of_last");
  CHECK(number_in(cells, 4, "density") == Approx(std::sqrt(0.5 * 0.05)));
  const Table features = table_in(left / "features.csv");
  CHECK(features.rows.size() == 6 * 2 * 3);
  CHECK(features.columns.size() == std::set(features.columns.begin(), features.columns.end()).size());
  const Table snapshots = table_in(left / "snapshots.csv");
  CHECK(snapshots.rows.size() == 6 * 3 * 3);
  CHECK(table_in(left / "decomposition.csv").rows.size() == 6 * 2 * 4);

  // The weights are those of which the table speaks; the optimum is below them.
  const std::vector<LoadedModel> models = load_models(left / "weights.safetensors");
  REQUIRE(models.size() == 6);
  for (std::size_t k = 0; k < 6; ++k) {
    CHECK(number_in(cells, k, "trained_instance") == double(k));
    const double loss = exact_loss(models[k].model, *models[k].features).loss;
    CHECK(number_in(cells, k, "trained_loss") == Approx(loss).epsilon(1e-8));
    CHECK(number_in(cells, k, "gap") >= -1e-12);
    CHECK(number_in(cells, k, "trained_reconstruction") + number_in(cells, k, "trained_interference") ==
          Approx(loss).epsilon(1e-7));
    CHECK(models[k].features->importance[2] == number_in(cells, k, "importance_ratio_of_last"));
  }
  CHECK(load_models(left / "optimum.safetensors").size() == 6);

  REQUIRE(run_in(folder.path(), "sweep tiny.toml --threads 2 --out other").status == 0);
  for (const char* file : {"cells.csv", "features.csv", "snapshots.csv", "decomposition.csv",
                           "weights.safetensors", "optimum.safetensors", "figure-2.gp"}) {
    CAPTURE(file);
    CHECK(read_file(left / file) == read_file(folder.path() / "other" / file));
  }

  // Null: another seed is another study. What is computed is not computed again.
  REQUIRE(run_in(folder.path(), "sweep tiny.toml --set seed=1 --out other").status == 0);
  CHECK(read_file(left / "cells.csv") != read_file(folder.path() / "other" / "cells.csv"));
  const std::size_t cells_kept = RunStore(left / "results.db").size();
  REQUIRE(run_in(folder.path(), "sweep tiny.toml").status == 0);
  CHECK(RunStore(left / "results.db").size() == cells_kept);
}

TEST_CASE("cells are trained on the exact loss too, to the bits of the command, and stop where it does") {
  const TemporaryFolder folder;
  const std::string study =
      "compute = [\"train\", \"snapshots\"]\n[cell]\nn = 4\nm = 2\ndensity = 0.3\nobjective = \"exact\"\n"
      "starts = 1\nsteps = 2000\nlearning-rate = 0.05\nstop = \"exact\"\npatience = 2\nsnapshots = "
      "\"every:100\"\n[axes]\nimportance = [\"0.9^i\", \"0.5^i\"]\n[[figure]]\nkind = \"snapshots\"\nname = "
      "\"steps\"\nby = \"importance\"\n";
  write_file_atomically(folder.path() / "s.toml", study);
  const Outcome outcome = run_in(folder.path(), "sweep s.toml --json");
  CAPTURE(outcome.error);
  REQUIRE(outcome.status == 0);
  const nlohmann::json told = one_of(outcome);
  REQUIRE(told["cells"].size() == 2);
  CHECK(told["cells"][1]["importance"] == "0.5^i");
  CHECK(read_file(folder.path() / "s" / "steps.gp").find("importance = 0.5^i") != std::string::npos);
  CHECK(read_file(folder.path() / "s" / "steps.txt").find("2000 steps of adam, the exact loss") !=
        std::string::npos);
  const std::string training =
      "train --features 4 --hidden 2 --density 0.3 --importance 0.9^i --learning-rate 0.05 --steps 2000 ";
  const nlohmann::json done = one_of(
      run_in(folder.path(), training + "--objective exact --stop exact --patience 2 --json --out exact"));
  CHECK(done["stopped_early"] == true);
  const Table snapshots = table_in(folder.path() / "s" / "snapshots.csv");
  const std::size_t taken = 1 + done["steps_done"].get<std::size_t>() / 100;
  CHECK(std::count_if(snapshots.rows.begin(), snapshots.rows.end(),
                      [](const auto& row) { return row[0] == "0"; }) == std::ptrdiff_t(4 * taken));
  const auto weights = [&](const char* run) {
    return load_models(folder.path() / run / "weights.safetensors").front().model.W;
  };
  CHECK(weights("s") == weights("exact"));
  REQUIRE(run_in(folder.path(), training + "--out sampled").status == 0);
  CHECK(weights("s") != weights("sampled"));  // null: fresh batches
  // L-BFGS ends at the local minimum next to the same start.
  REQUIRE(run_in(folder.path(), training.substr(0, training.find("--learning")) +
                                    "--objective exact --optimizer lbfgs --out descent")
              .status == 0);
  write_file_atomically(folder.path() / "d.toml",
                        "compute = [\"train\"]\n[cell]\nn = 4\nm = 2\ndensity = 0.3\nimportance = \"0.9^i\"\n"
                        "objective = \"exact\"\noptimizer = \"lbfgs\"\nstarts = 1\n");
  REQUIRE(run_in(folder.path(), "sweep d.toml").status == 0);
  CHECK(weights("d") == weights("descent"));
}

TEST_CASE("a study that is killed goes on, and its shards merge, to the same tables") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "tiny.toml", tiny_study);
  REQUIRE(run_in(folder.path(), "sweep tiny.toml --out whole").status == 0);
  run_in(folder.path(), "sweep tiny.toml --threads 1 --out killed",
         signalled("KILL", "killed/results.db-wal", 10'000));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "killed" / "report.html"));
  CHECK(run_in(folder.path(), "sweep tiny.toml --out killed").status == 0);
  // Optima wait for the trained weights they start from, the parts of the loss for both.
  for (int round = 0; round < 3; ++round) {
    for (const char* shard : {"1/2", "2/2"}) {
      const Outcome outcome =
          run_in(folder.path(), std::string("sweep tiny.toml --json --out merged --shard ") + shard);
      CHECK(outcome.status == 0);
      if (round == 0) CHECK(json_of(outcome) == nlohmann::json::array());  // others have the rest
    }
    CHECK(run_in(folder.path(), "merge --out merged").status == 0);
  }
  check_refused(folder.path(), "sweep tiny.toml --out merged --shard 1/2 --set starts=3",
                "was begun with other settings");
  CHECK(run_in(folder.path(), "sweep tiny.toml --out merged").status == 0);
  for (const char* file : {"cells.csv", "features.csv", "decomposition.csv"}) {
    CAPTURE(file);
    const std::string whole = read_file(folder.path() / "whole" / file);
    CHECK(read_file(folder.path() / "killed" / file) == whole);
    CHECK(read_file(folder.path() / "merged" / file) == whole);
  }
}

TEST_CASE("a study's options are refused before anything is written") {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "tiny.toml", tiny_study);
  const auto refused = [&](const std::string& words, const std::string& reason) {
    check_refused(folder.path(), words, reason);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  };
  refused("sweep", "0 study files given");
  refused("sweep none.toml", "none.toml");
  refused("sweep tiny.toml --set stpes=3", "--set: 'stpes' is no option of a cell; accepted: features");
  refused("sweep tiny.toml --set steps", "--set: 'steps' given; accepted: NAME=VALUE");
  refused("sweep tiny.toml --set density=log:0:1:4", "--set density: 'log:0:1:4' given");
  refused("sweep tiny.toml --set steps=0", "steps: '0' given");
  refused("sweep tiny.toml --shard 3/2", "--shard: '3/2'");
  refused("phase --out new --features 4 --hidden 0", "--hidden: '0'");
  refused("phase --out new --axes density=log:0.01:1:4", "--axes: 1 given; accepted: two");
  refused("phase --out new --axes density=0.1 correlation=lin:0:1:3", "--axes: 'density=0.1' given");
  refused("phase --out new --axes densty=0.1,1 correlation=0,1", "--axes: 'densty' is no option");
  refused("phase --out new --axes density=0.1,1 density=0.2,1", "--axes: density given twice");
  refused("phase --out new --axes density=0.1,1 correlation=0,1", "correlation: given without correlated");
  refused("phase --out new --axes density=0.1,1 hidden=1,2 --grid 4", "--grid: given with --axes");
  refused("phase --out new --axes density=0.1,1 seed=1,2 --density 0.5", "--density: given and an axis");
  refused("phase --out new --features 4 --kind linear", "--kind: linear given");
  refused("phase --out new --features 4 --data x.npy", "--data: given of a diagram");
  refused("phase --out new --features 4 --feature 4 --grid 2", "importance-ratio-of-4: of 4 features");
}

TEST_CASE("the diagram of any n and m: the pair that is rarer leaves, and the paper's is as it was") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_in(folder.path(),
             "phase --features 4 --hidden 2 --axes density=0.05,0.9 importance-of-0=0.01,1 --json --out any");
  CAPTURE(outcome.error);
  REQUIRE(outcome.status == 0);
  const nlohmann::json told = one_of(outcome);
  REQUIRE(told["cells"].size() == 4);
  CHECK(told["cells"][0]["density"] == 0.05);
  CHECK(told["cells"][0]["importance_of_0"] == 0.01);
  CHECK(told["cells"][2]["phase"] == "superposed");
  CHECK(told["cells"][2]["geometry"] == "2 digons (cross-polytope_2)");
  CHECK(told["cells"][1]["phase"] == "absent");
  REQUIRE(!told["boundary"].empty());
  for (const nlohmann::json& point : told["boundary"]) {
    CHECK(point["density"] >= 0.05);
    CHECK(point["density"] <= 0.9);
    CHECK(point["from_phase"] != point["to_phase"]);
  }
  for (const char* file : {"phase.csv", "boundary.csv", "phase.svg", "geometry.svg"}) {
    CHECK(std::filesystem::file_size(folder.path() / "any" / file) > 0);
  }
  // By another way: two features in one dimension, without the candidates, in the paper's own diagram.
  const std::string range = " --grid 2 --density 0.1:0.9 --relative-importance 0.2:3 --json --out ";
  const nlohmann::json paper = one_of(run_in(folder.path(), "phase" + range + "paper"));
  const nlohmann::json other = one_of(run_in(folder.path(), "phase --feature last" + range + "other"));
  REQUIRE(paper["cells"].size() == 4);
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(other["cells"][k]["phase"] == paper["cells"][k]["exact_phase"]);
    CHECK(other["cells"][k]["loss"].get<double>() ==
          Approx(paper["cells"][k]["exact_loss"].get<double>()).epsilon(1e-8));
  }
}

TEST_CASE("an experiment takes other settings, where it has them, and is not judged") {
  const Experiment& own = find_experiment("geometry-uniform");
  const Experiment changed =
      with_settings(own, {{"features", {9}}, {"hidden", {4}}, {"density", {0.1, 1.0}}, {"steps", {7}}});
  CHECK(changed.id == "geometry-uniform-set");
  CHECK(changed.measures.empty());
  const std::vector<TrainingCell> cells = cells_of(changed, Preset::paper, 0);
  REQUIRE(cells.size() == 2);
  CHECK(cells[0].features.density == Eigen::VectorXd::Constant(9, 1.0));  // its densities fall
  CHECK(cells[1].hidden == 4);
  CHECK(cells[1].steps == 7);
  const Experiment basic =
      with_settings(find_experiment("basic-small"), {{"features", {4}}, {"starts", {2}}});
  CHECK(cells_of(basic, Preset::quick, 0).size() == 16);
  CHECK(cells_of(basic, Preset::quick, 0)[0].features.importance[3] == Approx(std::pow(0.7, 3)));
  // Without changes the cells are the experiment's own.
  CHECK(sweep_cell(cells_of(with_settings(own, {}), Preset::quick, 0)[3]).settings ==
        sweep_cell(cells_of(own, Preset::quick, 0)[3]).settings);
  CHECK_THROWS_AS(with_settings(own, {{"features", {1.5}}}), InputError);

  const TemporaryFolder folder;
  const auto refused = [&](const std::string& words, const std::string& reason) {
    check_refused(folder.path(), "reproduce " + words, reason);
    CHECK(std::filesystem::is_empty(folder.path()));
  };
  refused("collapse --set n=8",
          "--set: 'features' is no setting of collapse; accepted: density, hidden, starts");
  refused("dynamics-jumps --set steps=8", "--set: 'steps' is no setting of dynamics-jumps; accepted: starts");
  refused("compressed-sensing --set density=0.1",
          "'density' is no setting of compressed-sensing; accepted: ");
  refused("intro --set density=2", "accepted: densities above 0, at most 1");
  refused("intro --set batch=65", "--batch: 65 given; accepted: a multiple of 64");
  refused("intro --set starts=1.5", "accepted: a whole number");
  refused("intro --set density=high", "accepted: numbers");
  const Outcome outcome = run_in(
      folder.path(), "reproduce intro --set density=0.5,0.1 n=4 starts=1 steps=100 batch=64 --out results");
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(table_in(folder.path() / "results" / "intro-set" / "models.csv").rows.size() == 2);
}
