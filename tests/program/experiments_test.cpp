#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <regex>
#include <set>
#include <thread>
#include <utility>

#include "core/base/atomic_file.hpp"
#include "core/base/random.hpp"
#include "core/files/model_file.hpp"
#include "core/model/feature_description.hpp"
#include "program/experiments/beside_optimum.hpp"
#include "program/experiments/caption.hpp"
#include "program/experiments/catalog.hpp"
#include "program/experiments/driver.hpp"
#include "program/experiments/feature_laws.hpp"
#include "tests/temporary_folder.hpp"

using namespace digon;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Two models of 3 features, two starts each, trained in no time.
Experiment tiny() {
  return {
      .id = "tiny",
      .summary = "an experiment of the tests",
      .axes = {{"density", {0.5, 0.2}}, start_axis(2, 3)},
      .cell =
          [](const Setting& setting) {
            TrainingCell cell;
            cell.features = uniform_features(3, setting.at[0]);
            cell.features.importance = parse_importance("importance", "0.9^i", 3);
            cell.hidden = 1;
            cell.starts = 1;
            cell.steps = 8;
            cell.batch = 64;
            return cell;
          },
      .optimum_starts = Starts{2, 4},
      .find = [](const Results& results) { return std::any(results.points.size()); },
      .tables = {{"tiny", a_row_a_point(
                              {{"density", [](const Point& point) { return text_of(point.x()); }},
                               {"start", [](const Point& point) { return text_of(point.setting.at[1]); }}})}},
      .figures = {{"figure", "What it shows.",
                   [](const std::filesystem::path& path, const Results& results) {
                     write_file_atomically(path.string() + ".svg", results.size());
                   },
                   [](const Results& results) {
                     return "Found " + std::to_string(results.found_as<std::size_t>()) + ".";
                   }}}};
}

}  // namespace

TEST_CASE("every experiment has a summary, a page, a line in the list of pages, and claims it measures") {
  const std::string list = read_file(DIGON_DOCS "/experiments/README.md");
  std::set<std::string> ids;
  for (const Experiment& experiment : catalog()) {
    CAPTURE(experiment.id);
    CHECK(ids.insert(experiment.id).second);
    CHECK(experiment.summary.size() > 10);
    CHECK_NOTHROW(require_predictions(experiment));
    if (experiment.suite != Suite::empirical) continue;
    CHECK(&find_experiment(experiment.id) == &experiment);
    CHECK(!experiment.measures.empty());
    CHECK(contains(list, "| [" + experiment.id + "](" + experiment.id + ".md) |"));
    const std::string page = read_file(DIGON_DOCS "/experiments/" + experiment.id + ".md");
    CHECK(contains(page, "digon reproduce " + experiment.id + " "));
    CHECK(contains(page, "`results/" + experiment.id + "/`"));
    REQUIRE(!experiment.figures.empty());
    CHECK(experiment.figures.front().name == experiment.id);
    std::smatch figure;
    REQUIRE(std::regex_search(page, figure, std::regex(R"(\]\(\.\./(figures/experiments/[^)]+)\))")));
    CHECK(std::filesystem::exists(DIGON_DOCS "/" + figure[1].str()));
  }
}

TEST_CASE("both presets of every experiment are cells that can be trained, the paper's no fewer") {
  for (const Experiment* experiment : catalog_of(Suite::empirical)) {
    CAPTURE(experiment->id);
    const std::vector<TrainingCell> quick = cells_of(*experiment, Preset::quick, 0);
    const std::vector<TrainingCell> paper = cells_of(*experiment, Preset::paper, 0);
    CHECK(!quick.empty());
    CHECK(paper.size() >= quick.size());
    for (const std::vector<TrainingCell>* cells : {&quick, &paper}) {
      std::set<std::string> different;
      for (const TrainingCell& cell : *cells) {
        CHECK_NOTHROW(validate(cell.features));
        CHECK(cell.hidden >= 1);
        CHECK(cell.hidden <= 2 * cell.features.features());
        different.insert(sweep_cell(cell).settings.dump());
      }
      CHECK(different.size() == cells->size());
    }
    CHECK(paper.front().steps >= quick.front().steps);
    CHECK(paper.front().starts >= quick.front().starts);
  }
}

TEST_CASE(
    "only experiments of trained models and of what others published can be named, and what is not one is "
    "answered with the list") {
  CHECK_THROWS_WITH(find_experiment("packing"), Catch::Contains("accepted: intro, basic-small"));
  CHECK_THROWS_WITH(find_experiment("theory"), Catch::Contains("directions"));
}

TEST_CASE("a claim that is not measured, and a measure without a claim, are refused before any work") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  const ExperimentContext context{folder.path(), Preset::quick, 0, 1, store};
  const auto one = [](const Results&) { return 1.0; };
  Experiment adversarial = tiny();
  adversarial.id = "adversarial";
  adversarial.measures = {{"growth", one, one}, {"together", one, one}};
  CHECK_THROWS_WITH(reproduce(adversarial, context), Catch::Contains("claims 'adversarial/jacobian'"));
  adversarial.measures = {
      {"growth", one, one}, {"together", one, one}, {"jacobian", one, one}, {"shape", one, one}};
  CHECK_THROWS_WITH(reproduce(adversarial, context), Catch::Contains("measures 'adversarial/shape'"));
  adversarial.measures = {{"growth", one, one}, {"together", one, one}, {"growth", one, one}};
  CHECK_THROWS_WITH(reproduce(adversarial, context), Catch::Contains("measured twice"));
  CHECK_THROWS_AS(reproduce(adversarial, context), std::logic_error);
  CHECK(store.rows().empty());
  CHECK_FALSE(std::filesystem::exists(folder.path() / "adversarial"));
  // A suite judges its claims itself: what it leaves out is refused once it has run.
  Experiment theory{.suite = Suite::theory, .id = "theory", .summary = "nothing at all"};
  CHECK_THROWS_WITH(reproduce(theory, context), Catch::Contains("which 'theory' does not measure"));
}

TEST_CASE("the driver trains every point of the axes and leaves weights, tables, figures and captions") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  const ExperimentContext context{folder.path(), Preset::quick, 7, 1, store};
  CHECK(reproduce(tiny(), context).empty());
  const auto file = [&](const char* name) { return read_file(folder.path() / "tiny" / name); };
  CHECK(file("tiny.csv") == "density,start\n0.5,0\n0.5,1\n0.2,0\n0.2,1\n");
  CHECK(file("figure.svg") == "{/:Italic n} = 3, {/:Italic m} = 1");
  CHECK(
      file("figure.txt") ==
      "What it shows. Found 4.\n\nTrained: relu-output; n = 3, m = 1; features uniform [0, 1], independent; "
      "importance 0.9^i; density 0.5, 0.2; one start a cell, 8 steps of adam, batch 64, learning rate 0.003 "
      "(cosine). 4 cells: density 0.5, 0.2 × start 0, 1. Exact optima: the lowest of 2 random descents and "
      "the "
      "one from the trained model.\n\nPreset quick, seed 7; the settings of every cell are in results.db.\n");
  CHECK(contains(file("verdict.json"), "\"pass\": true"));
  const std::vector<LoadedModel> models = load_models(folder.path() / "tiny" / "weights.safetensors");
  REQUIRE(models.size() == 4);
  for (std::size_t k = 0; k < 4; ++k) CHECK(models[k].seed == derive_seed(7, k));
  CHECK(models[0].model.W != models[1].model.W);
  CHECK(models[2].features.value().density[0] == 0.2);
  CHECK(cells_of(tiny(), Preset::paper, 7).size() == 6);
  CHECK(store.rows("tiny").size() == 8);  // four trainings, four optima
}

TEST_CASE("what several experiments compute ahead, side by side, is all they train and search, the same") {
  const TemporaryFolder folder;
  Experiment other = tiny();
  other.id = "other";
  other.axes[0].quick = {0.9, 0.4, 0.1};
  RunStore together(folder.path() / "together.db");
  const ExperimentContext ahead{folder.path() / "together", Preset::quick, 7, 2, together};
  const Experiment first = tiny();
  compute_ahead({&first, &other}, ahead);
  CHECK(together.rows("tiny").size() == 8);  // a training and a search each
  CHECK(together.rows("other").size() == 12);
  RunStore alone(folder.path() / "alone.db");
  const ExperimentContext one_by_one{folder.path() / "alone", Preset::quick, 7, 2, alone};
  for (const Experiment* experiment : {&first, &std::as_const(other)}) {
    reproduce(*experiment, ahead);
    reproduce(*experiment, one_by_one);
    for (const char* file : {"models.csv", "weights.safetensors"}) {
      CHECK(read_file(ahead.out / experiment->id / file) ==
            read_file(one_by_one.out / experiment->id / file));
    }
  }
  CHECK(together.size() == 20);
  CHECK(alone.size() == 20);
}

TEST_CASE("experiments run side by side, and end in their order") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  std::atomic<int> at_work = 0;
  std::atomic<bool> second_ended = false;
  std::atomic<bool> in_vain = false;
  const auto wait_for = [&](const auto& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    if (!condition()) in_vain = true;
  };
  std::vector<Experiment> experiments(3, tiny());
  for (std::size_t k = 0; k < 3; ++k) {
    experiments[k].id = fmt::format("number-{}", k);
    experiments[k].find = [&, k](const Results& results) {
      ++at_work;
      wait_for([&] { return at_work >= 2; });
      if (k == 0) wait_for([&] { return second_ended.load(); });
      return std::any(std::size_t(results.points.size()));
    };
  }
  experiments[1].checks = [&](const Results&) {
    second_ended = true;
    return std::vector<Check>{};
  };
  std::vector<std::string> order;
  const ExperimentContext context{folder.path(), Preset::quick, 7, 2, store};
  reproduce_all({&experiments[0], &experiments[1], &experiments[2]}, context,
                [&](const Experiment& experiment, const auto& checks) {
                  order.push_back(experiment.id + (checks ? "" : ", left"));
                });
  CHECK_FALSE(in_vain);
  CHECK(order == std::vector<std::string>{"number-0", "number-1", "number-2"});
  for (const Experiment& one : experiments) {
    CHECK(std::filesystem::exists(folder.path() / one.id / "verdict.json"));
  }
}

TEST_CASE("what is left to other shards has no checks, and holds up no other experiment") {
  const TemporaryFolder folder;
  Experiment whole = tiny();
  whole.id = "whole";
  whole.cell = {};
  whole.axes = {};
  whole.optimum_starts = {};
  whole.tables = {};
  whole.figures = {};
  const Experiment first = tiny();
  RunStore half(folder.path() / "half.db", {0, 2}, {{"of", "this test"}}, folder.path() / "none.db");
  std::map<std::string, bool> judged;
  reproduce_all(
      {&first, &whole}, {folder.path(), Preset::quick, 7, 2, half},
      [&](const Experiment& experiment, const auto& checks) { judged[experiment.id] = checks.has_value(); });
  CHECK(judged == std::map<std::string, bool>{{"tiny", false}, {"whole", true}});
}

TEST_CASE("models of several shapes are a file of weights each") {
  const TemporaryFolder folder;
  RunStore store(folder.path() / "results.db");
  Experiment shapes = tiny();
  shapes.id = "shapes";
  shapes.axes = {named_axis("hidden", {"one", "two"})};
  shapes.tables.clear();  // tiny's asks for the number of the start
  shapes.cell = [](const Setting& setting) {
    TrainingCell cell = tiny().cell({.preset = setting.preset, .at = {0.5}});
    cell.hidden = Eigen::Index(setting.number) + 1;
    return cell;
  };
  reproduce(shapes, {folder.path(), Preset::quick, 0, 1, store});
  CHECK(load_models(folder.path() / "shapes" / "weights-3-1.safetensors")[0].model.hidden() == 1);
  CHECK(load_models(folder.path() / "shapes" / "weights-3-2.safetensors")[0].model.hidden() == 2);
  CHECK(contains(read_file(folder.path() / "shapes" / "figure.txt"), "2 cells: hidden one, two."));
}

TEST_CASE("profiles of features are described as the command line takes them") {
  CHECK(describe_profile(Eigen::Vector3d(1.0, 1.0, 1.0)) == "1");
  CHECK(describe_profile(parse_importance("importance", "0.75^i", 10)) == "0.75^i");
  CHECK(describe_profile(Eigen::Vector2d(1.0, 0.1)) == "(1, 0.1)");
  CHECK(describe_profile(Eigen::Vector3d(0.005, 0.05, 0.05)) == "(0.005, 0.05, 0.05)");
}

TEST_CASE("the loss of neurons that serve one feature each is that of such a model") {
  FeatureDistribution features = important_features(4, 0.3, 0.8);
  ToyModel model{Eigen::MatrixXd::Zero(2, 4), mean_targets(ModelKind::relu_hidden, features),
                 ModelKind::relu_hidden};
  model.W(0, 0) = model.W(1, 1) = 1.0;
  model.b.head(2).setZero();
  CHECK(loss_with_own_neurons(model.kind, features, 2) ==
        Approx(hidden_relu_loss(model, features).loss).epsilon(2e-4));

  features.values = ActiveValue::signed_uniform;  // two neurons a feature
  model.kind = ModelKind::absolute_value;
  model.b = mean_targets(model.kind, features);
  model.b[0] = 0.0;
  model.W.setZero();
  model.W.col(0) << 2.0, -1.0;
  model.W_out = Eigen::MatrixXd::Zero(4, 2);
  model.W_out.row(0) << 0.5, 1.0;
  CHECK(loss_with_own_neurons(model.kind, features, 2) ==
        Approx(hidden_relu_loss(model, features).loss).epsilon(2e-4));
  CHECK(loss_with_own_neurons(model.kind, features, 4) < loss_with_own_neurons(model.kind, features, 3));
}
