#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/memory.hpp"
#include "core/base/parse_number.hpp"
#include "core/base/progress.hpp"
#include "core/files/table.hpp"
#include "plots/series_figure.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "theory/singular/model_coefficient.hpp"

namespace digon {
namespace {

using nlohmann::json;

CommandLine declare_learning_coefficient() {
  CommandLine line("learning-coefficient",
                   "the local learning coefficient λ of weights, of the exact loss and without minibatches",
                   "digon learning-coefficient --model pentagon.safetensors --active 1 --out lambda");
  declare_model(line);
  declare_features(line);
  line.option("objective", "LOSS",
              "exact: the loss of the law; l1: the sum over inputs with exactly one feature active", "exact");
  line.list(
      "nbeta", "T...",
      "inverse temperatures nβ, ascending; default: 1e4, 1e5, 1e6 and 1e7 over the loss of answering 0");
  line.list("gamma", "G...",
            "strengths of the localisation γ‖w − w*‖²/2, whose reach is about 1/√γ; default: 100");
  line.option("chains", "K", "independent chains of each nβ and γ", "4");
  line.option("draws", "K", "draws of each chain", "500");
  line.option("warm-up", "K", "draws of each chain before those that count", "300");
  line.option("sampler", "NAME", "hmc, or mala as a check: one step of the gradient a draw", "hmc");
  line.flag("as-is", "at the weights as they are, not at the minimum that a descent from them reaches");
  line.flag("volume", "also by how the volume of L ≤ L* + ε scales, of up to 40 parameters");
  declare_seed_and_threads(line);
  declare_json(line);
  line.option("out", "DIR",
              "folder for learning-coefficient.csv and the figure learning-coefficient.svg, .png, .gp");
  declare_wait(line);
  return line;
}

/// The numbers of a list option, each above 0 and, of nβ, more than the one before.
std::vector<double> read_numbers(const CommandLine& line, const std::string& name, const char* accepted,
                                 bool (*fits)(double before, double number)) {
  std::vector<double> numbers;
  if (!line.has(name)) return numbers;
  for (const std::string& text : line.list(name)) {
    const std::optional<double> number = parse_number(text);
    if (!number || !(*number > 0.0 && *number <= 1e15) ||
        !fits(numbers.empty() ? 0.0 : numbers.back(), *number)) {
      reject("--{}: '{}' given; accepted: {}", name, text, accepted);
    }
    numbers.push_back(*number);
  }
  return numbers;
}

ModelCoefficientOptions read_options(const CommandLine& line) {
  ModelCoefficientOptions options;
  options.loss = parse_learning_loss("--objective", line.text("objective"));
  if (line.has("as-is")) options.place = LearningPlace::weights;
  LearningOptions& learning = options.learning;
  learning.inverse_temperatures = read_numbers(line, "nbeta", "ascending numbers above 0, up to 1e15",
                                               [](double before, double number) { return number > before; });
  if (line.has("gamma")) {
    learning.localisations =
        read_numbers(line, "gamma", "numbers above 0, up to 1e15", [](double, double) { return true; });
  }
  constexpr std::uint64_t most = 100'000'000;
  learning.sampling.chains = line.integer("chains", 1, 10'000);
  learning.sampling.draws = line.integer("draws", 4, most);
  learning.sampling.warm_up = line.integer("warm-up", 0, most);
  const std::string sampler = line.text("sampler");
  if (sampler != "hmc" && sampler != "mala") {
    reject("--sampler: '{}' given; accepted: hmc, mala", sampler);
  }
  if (sampler == "mala") learning.sampling.trajectory = 0.0;
  learning.sampling.seed = read_seed(line);
  learning.sampling.threads = read_threads(line);
  if (line.has("volume")) {
    options.volume.emplace();
    options.volume->localisation = learning.localisations.front();
    options.volume->seed = learning.sampling.seed;
    options.volume->threads = learning.sampling.threads;
  }
  return options;
}

json describe(const Extrapolation& limit) {
  json ways = json::object();
  for (const Approach approach :
       {Approach::none, Approach::inverse, Approach::inverse_root, Approach::logarithm}) {
    ways[std::string(name_of(approach))] = limit.weight_of(approach);
  }
  return {{"lambda", limit.value}, {"error", limit.error}, {"weight_of_approach", ways}};
}

json describe(const LearningPoint& point) {
  return {{"nbeta", point.inverse_temperature},
          {"gamma", point.localisation},
          {"lambda", point.lambda},
          {"standard_error", point.standard_error},
          {"without_controls", point.plain},
          {"without_controls_standard_error", point.plain_error},
          {"r_hat", point.r_hat},
          {"effective_draws", point.effective},
          {"acceptance", point.acceptance},
          {"diverged", point.diverged},
          {"below", point.below},
          {"distance", point.distance},
          {"evaluations", point.evaluations},
          {"trustworthy", point.is_trustworthy()}};
}

json describe(const ModelCoefficient& one, const std::vector<double>& localisations) {
  const LearningCoefficient& found = one.found;
  json points = json::array();
  for (const LearningPoint& point : found.points) points.push_back(describe(point));
  json limits = json::array();
  for (std::size_t k = 0; k < localisations.size(); ++k) {
    limits.push_back(describe(found.of_localisation[k]));
    limits.back()["gamma"] = localisations[k];
  }
  json described = {{"loss", one.loss},
                    {"gradient_norm", one.gradient_norm},
                    {"moved", one.moved},
                    {"parameters", one.parameters},
                    {"rotations", one.rotations},
                    {"lambda", found.lambda},
                    {"error", found.error},
                    {"trustworthy", found.is_trustworthy()},
                    {"half_rank_of_hessian", found.hessian.bound()},
                    {"least_curved", found.hessian.least_curved},
                    {"greatest_flat", found.hessian.greatest_flat},
                    {"least_eigenvalue", found.hessian.least},
                    {"points", points},
                    {"limits", limits}};
  if (one.volume) {
    json slopes = json::array();
    for (const VolumeSlope& slope : one.volume->slopes) {
      slopes.push_back({{"excess", slope.excess}, {"slope", slope.slope}, {"standard_error", slope.error}});
    }
    described["volume"] = describe(one.volume->lambda);
    described["volume"]["slopes"] = slopes;
    described["volume"]["below"] = one.volume->below;
  }
  return described;
}

std::vector<std::string> row_of(const LearningPoint& point) {
  return {fmt::format("{:.4g}", point.inverse_temperature),
          fmt::format("{:.4g}", point.localisation),
          fmt::format("{:.5g}", point.lambda),
          fmt::format("{:.1e}", point.standard_error),
          fmt::format("{:.4g}", point.plain),
          fmt::format("{:.1e}", point.plain_error),
          fmt::format("{:.4f}", point.r_hat),
          fmt::format("{:.0f}", point.effective),
          fmt::format("{:.2f}", point.acceptance),
          fmt::format("{:.3g}", point.below),
          fmt::format("{:.3g}", point.distance)};
}

/// Of row_of, as a reader and as a file has them.
const std::vector<std::string> point_titles{
    "nbeta", "gamma",           "lambda",   "s.e.",  "without controls", "s.e. of it",
    "R-hat", "effective draws", "accepted", "below", "distance"};
const std::vector<std::string> point_columns{"nbeta",
                                             "gamma",
                                             "lambda",
                                             "standard_error",
                                             "without_controls",
                                             "without_controls_standard_error",
                                             "r_hat",
                                             "effective_draws",
                                             "acceptance",
                                             "below",
                                             "distance"};

std::string text_of_coefficient(const ModelCoefficient& one, const std::vector<double>& localisations) {
  const LearningCoefficient& found = one.found;
  Table table{point_titles, {}};
  for (const LearningPoint& point : found.points) table.add_row(row_of(point));
  std::string text = fmt::format(
      "loss {:.10g}, gradient {:.1e}, {:.3g} from the weights given; {} parameters, {} of them "
      "rotations\n{}",
      one.loss, one.gradient_norm, one.moved, one.parameters, one.rotations, to_text(table));
  for (std::size_t k = 0; k < localisations.size(); ++k) {
    const Extrapolation& limit = found.of_localisation[k];
    text += fmt::format(
        "nbeta → ∞ at gamma {:.4g}: {:.4f} ± {:.4f} (weights of the ways there: none {:.2f}, 1/t {:.2f}, "
        "1/sqrt(t) {:.2f}, 1/log(t) {:.2f})\n",
        localisations[k], limit.value, limit.error, limit.weight_of(Approach::none),
        limit.weight_of(Approach::inverse), limit.weight_of(Approach::inverse_root),
        limit.weight_of(Approach::logarithm));
  }
  text += fmt::format(
      "λ = {:.4f} ± {:.4f}; half the rank of the Hessian {:.1f} (least curved {:.2e}, greatest taken for 0 "
      "{:.1e}, least eigenvalue {:.1e})\n",
      found.lambda, found.error, found.hessian.bound(), found.hessian.least_curved,
      found.hessian.greatest_flat, found.hessian.least);
  if (one.volume && one.volume->below > 0.0) {
    text += fmt::format("by the scaling of volume: none, the loss falls {:.1e} below that of the point\n",
                        one.volume->below);
  } else if (one.volume) {
    text += fmt::format("by the scaling of volume: {:.3f} ± {:.3f}\n", one.volume->lambda.value,
                        one.volume->lambda.error);
  }
  if (!found.is_trustworthy()) {
    text +=
        "not to be trusted: fewer than three nbeta have chains that agree (R-hat < 1.05) and stay (draws "
        "below the loss at the point < 1%)\n";
  }
  return text;
}

/// λ̂ against nβ of every instance, a panel each.
SeriesPanel panel_of(const std::string& title, const ModelCoefficient& one,
                     const std::vector<double>& localisations) {
  SeriesPanel panel{title, "{/:Italic nβ}", "λ̂", {}};
  panel.x_scale = AxisScale::logarithmic;
  const std::size_t of_each = one.found.points.size() / localisations.size();
  for (std::size_t g = 0; g < localisations.size(); ++g) {
    constexpr std::array<std::size_t, 5> colors{0, 2, 3, 4, 6};  // no orange, which is training's
    Series plain{"as drawn", {}, SeriesStyle::points, 5, 0.3};
    Series controlled{fmt::format("γ = {:.4g}", localisations[g]),
                      {},
                      SeriesStyle::line_and_points,
                      colors.at(g % colors.size())};
    if (g > 0) plain.label.clear();
    for (std::size_t k = g * of_each; k < (g + 1) * of_each; ++k) {
      const LearningPoint& point = one.found.points[k];
      plain.points.emplace_back(point.inverse_temperature, point.plain);
      plain.errors.push_back(point.plain_error);
      controlled.points.emplace_back(point.inverse_temperature, point.lambda);
      controlled.errors.push_back(point.standard_error);
    }
    panel.series.push_back(std::move(plain));
    panel.series.push_back(std::move(controlled));
  }
  panel.levels = {{one.found.hessian.bound(), "half the rank"}};
  panel.x_range = fmt::format("[{}:{}]", one.found.points.front().inverse_temperature / 2.0,
                              one.found.points.back().inverse_temperature * 2.0);
  return panel;
}

/// L_1 takes no notice of densities: one active feature stands for them where none are given.
void supply_density(CommandLine& line, const std::vector<LoadedModel>& chosen, LearningLoss loss) {
  if (loss != LearningLoss::one_sparse || chosen.front().features) return;
  for (const char* option : {"density", "sparsity", "active", "data"}) {
    if (line.has(option)) return;
  }
  line.give("active", "1");
}

}  // namespace

int run_learning_coefficient(const std::vector<std::string>& arguments) {
  CommandLine line = declare_learning_coefficient();
  if (!line.parse(arguments)) return 0;
  ModelCoefficientOptions options = read_options(line);
  const std::vector<LoadedModel> chosen = read_models(line);
  supply_density(line, chosen, options.loss);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    learning_objective(chosen[k].model.kind, features[k], options.loss);  // which refuses what has none
  }
  const SamplingOptions& asked = options.learning.sampling;
  constexpr double numbers_a_draw = 80.0;  // two copies of up to 32 control variates among them
  require_memory(fmt::format("--draws: {} of {} chains", asked.draws, asked.chains),
                 double(asked.draws) * double(asked.chains) * numbers_a_draw * sizeof(double));
  const auto lock = claim_out(line);
  const std::vector<double>& localisations = options.learning.localisations;
  const SamplingOptions& sampling = options.learning.sampling;
  const std::size_t temperatures =
      options.learning.inverse_temperatures.empty() ? 4 : options.learning.inverse_temperatures.size();

  json printed = json::array();
  std::string text;
  Table rows{{"instance"}, {}};
  rows.columns.insert(rows.columns.end(), point_columns.begin(), point_columns.end());
  std::vector<SeriesPanel> panels;
  {
    Progress progress("learning-coefficient, draws", chosen.size() * temperatures * localisations.size() *
                                                         sampling.chains *
                                                         (sampling.warm_up + sampling.draws));
    options.learning.sampling.advance = [&](std::size_t draws) { progress.advance(draws); };
    for (std::size_t k = 0; k < chosen.size() && !interrupted(); ++k) {
      try {
        const ModelCoefficient one = model_coefficient(chosen[k].model, features[k], options);
        json instance = model_answer(chosen[k], &features[k]);
        instance["objective"] = name_of(options.loss);
        instance.update(describe(one, localisations));
        if (!one.volume) leave_out(instance, {"volume"}, "not asked for by --volume");
        printed.push_back(instance);
        text += fmt::format("instance {}, {}, features {}\n{}\n", chosen[k].instance,
                            options.loss == LearningLoss::exact ? "the exact loss" : "L_1",
                            describe_features(features[k]), text_of_coefficient(one, localisations));
        for (const LearningPoint& point : one.found.points) {
          std::vector<std::string> row = row_of(point);
          row.insert(row.begin(), text_of(chosen[k].instance));
          rows.add_row(std::move(row));
        }
        panels.push_back(panel_of(fmt::format("instance {}, λ = {:.3f} ± {:.3f}", chosen[k].instance,
                                              one.found.lambda, one.found.error),
                                  one, localisations));
      } catch (const Interrupted&) {
        break;
      }
    }
  }
  if (line.has("json")) {
    print_answers(printed);
  } else {
    fmt::print("{}", text);
  }
  if (line.has("out") && !panels.empty()) {
    const std::filesystem::path folder = line.text("out");
    write_csv(folder / "learning-coefficient.csv", rows);
    draw_series(folder / "learning-coefficient", "Local learning coefficient", panels);
  }
  if (!interrupted()) return 0;
  fmt::print(stderr, "digon: interrupted; the instances shown are finished\n");
  return exit_interrupted;
}

}  // namespace digon
