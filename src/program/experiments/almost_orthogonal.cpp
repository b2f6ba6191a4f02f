// Why superposition can work: how many almost orthogonal lines fit in R^m, elhage2022 §2, and whether the
// features of trained models are almost orthogonal.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "geometry/represented.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "sweep/kinds/packing_spectrum_cell.hpp"
#include "theory/packing/known_optima.hpp"
#include "theory/packing/packing.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/packing/random_lines.hpp"
#include "theory/packing/structured_lines.hpp"

namespace digon::experiments {
namespace {

// How many lines there are.

constexpr std::array epsilons{0.1, 0.2, 0.3, 0.5};
constexpr std::array<Eigen::Index, 9> line_dims{2, 4, 8, 16, 32, 64, 128, 256, 512};

/// What is known of the number of lines in R^m with |cos| ≤ ε; as logarithms, but for those found.
struct LineCount {
  Eigen::Index dim = 0;
  double epsilon = 0.0;
  Eigen::Index found = 0;           ///< a basis, by descent or greedily
  bool is_capped = false;           ///< no more were looked for
  Eigen::Index tabled = 0;          ///< the most of paper_refs/lines.csv with at most that |cos|; 0: none
  double covering = 0.0;            ///< 1/P(|cos| > ε)
  StructuredLines structured = {};  ///< of quadratic forms; as a logarithm, 0: none
  double most = 0.0;                ///< by Levenshtein's bound

  [[nodiscard]] double searched() const { return std::log(double(std::max(found, tabled))); }
  [[nodiscard]] double known() const { return std::max(searched(), structured.log_count); }
};

/// The most lines that descents from random ones come to: n is raised while they do.
Eigen::Index lines_by_descent(Eigen::Index dim, double epsilon, Eigen::Index most, std::uint64_t seed) {
  constexpr std::uint64_t tries = 3;
  Eigen::Index found = dim;
  while (found < most) {
    const Eigen::Index next = found + std::max<Eigen::Index>(1, found / 8);
    bool fits = false;
    for (std::uint64_t k = 0; k < tries && !fits; ++k) {
      const Eigen::MatrixXd W = descend_to_lines(next, dim, epsilon, derive_seed(seed, k));
      fits = coherence(CodeKind::lines, W) <= epsilon;
    }
    if (!fits) break;
    found = next;
  }
  return found;
}

LineCount count_lines(const ExperimentContext& context, Eigen::Index dim, double epsilon) {
  LineCount count{dim, epsilon};
  const auto most_descended = context.choose<Eigen::Index>(200, 600);
  const auto most_greedy = context.choose<Eigen::Index>(1200, 8000);
  const std::size_t candidates = std::size_t(context.choose(4, 20)) * std::size_t(most_greedy);
  const Eigen::Index descended = lines_by_descent(dim, epsilon, most_descended, context.seed);
  const Eigen::Index greedy = greedy_lines(dim, epsilon, candidates, most_greedy, context.seed).cols();
  count.found = std::max(descended, greedy);
  count.is_capped = greedy == most_greedy || (descended >= most_descended && descended >= greedy);
  for (const KnownCode& code : known_codes(CodeKind::lines)) {
    if (code.dim == dim && code.coherence.value <= epsilon + 1e-12)
      count.tabled = std::max(count.tabled, code.points);
  }
  count.covering = covering_bound_log(dim, epsilon);
  count.structured = most_structured_lines(dim, epsilon);
  count.most = most_lines_log(dim, epsilon);
  return count;
}

// Trained models.

struct ModelSize {
  Eigen::Index n;
  Eigen::Index m;
  std::size_t quick_steps;
  std::size_t paper_steps;
};
constexpr std::array model_sizes{ModelSize{20, 5, 1'500, 30'000}, ModelSize{80, 20, 800, 10'000},
                                 ModelSize{400, 30, 350, 3'000}};
const std::vector<double> quick_densities{0.3, 0.1, 0.03, 0.01};
const std::vector<double> paper_densities{1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001};

TrainingCell orthogonal_cell(const Setting& setting) {
  const ModelSize& size = model_sizes.at(std::size_t(setting.at[0]));
  TrainingCell cell;
  cell.features = uniform_features(size.n, setting.at[1]);
  cell.hidden = size.m;
  cell.starts = 1;
  cell.steps = setting.choose(size.quick_steps, size.paper_steps);
  cell.batch = setting.choose(256, 1024);
  cell.learning_rate = setting.choose(1e-2, 3e-3);
  return cell;
}

/// The cosines of all pairs of represented features, beside those of as many random directions.
struct Cosines {
  std::vector<double> trained;  ///< ascending
  std::vector<double> random;
  Eigen::Index features = 0;
  Eigen::Index dim = 0;

  [[nodiscard]] static double mean_square(const std::vector<double>& cosines) {
    double sum = 0.0;
    for (const double one : cosines) sum += one * one;
    return cosines.empty() ? 0.0 : sum / double(cosines.size());
  }
  /// m times the mean squared cosine: 1 of random directions.
  [[nodiscard]] double overlap() const { return double(dim) * mean_square(trained); }
  [[nodiscard]] double random_overlap() const { return double(dim) * mean_square(random); }
  [[nodiscard]] double welch_overlap() const {
    return double(dim) * std::pow(coherence_bounds(CodeKind::lines, features, dim)[0].value, 2);
  }
  /// Pairs nearly opposite, a feature.
  [[nodiscard]] static double antipodal(const std::vector<double>& cosines, Eigen::Index features) {
    constexpr double opposite = -0.9;
    const auto end = std::lower_bound(cosines.begin(), cosines.end(), opposite);
    return 2.0 * double(end - cosines.begin()) / double(features);
  }
  /// The largest cosine but for its sign, and what it is of random directions on average.
  [[nodiscard]] double largest() const { return trained.empty() ? 0.0 : trained.back(); }
};

Cosines cosines_of(const Point& point, std::uint64_t seed) {
  Cosines cosines;
  const std::vector<Eigen::Index> kept = represented_features(point.W());
  cosines.features = Eigen::Index(kept.size());
  cosines.dim = point.W().rows();
  if (cosines.features < 2) return cosines;
  Eigen::MatrixXd unit(cosines.dim, cosines.features);
  for (std::size_t k = 0; k < kept.size(); ++k) unit.col(Eigen::Index(k)) = point.W().col(kept[k]);
  cosines.trained = inner_product_spectrum(unit);
  cosines.random = inner_product_spectrum(random_points(cosines.features, cosines.dim, seed));
  return cosines;
}

struct Orthogonality {
  std::vector<LineCount> lines;
  std::vector<Cosines> cosines;  ///< one a point
};

std::any find_orthogonality(const Results& results) {
  Orthogonality found;
  found.lines.resize(line_dims.size() * epsilons.size());
  parallel_for(found.lines.size(), results.context.threads, [&](std::size_t k) {
    throw_if_interrupted();
    // The longest first.
    const std::size_t last = found.lines.size() - 1 - k;
    found.lines[last] =
        count_lines(results.context, line_dims[last / epsilons.size()], epsilons[last % epsilons.size()]);
  });
  for (const Point& point : results.points) {
    found.cosines.push_back(cosines_of(point, results.context.seed));
  }
  return found;
}

const Orthogonality& orthogonality(const Results& results) {
  return results.found_as<Orthogonality>();
}

Table lines_table(const Results& results) {
  Table table{{"m", "epsilon", "found", "more_not_sought", "known_table", "log_structured",
               "structured_coherence", "log_union_bound", "log_covering_bound", "log_levenshtein"},
              {}};
  for (const LineCount& one : orthogonality(results).lines) {
    table.add_row({text_of(std::size_t(one.dim)), text_of(one.epsilon), text_of(std::size_t(one.found)),
                   one.is_capped ? "yes" : "no", text_of(std::size_t(one.tabled)),
                   text_of(one.structured.log_count), text_of(one.structured.coherence),
                   text_of(union_bound_log(one.dim, one.epsilon)), text_of(one.covering), text_of(one.most)});
  }
  return table;
}

Table cosines_table(const Results& results) {
  Table table{{"n", "m", "density", "represented", "overlap", "overlap_of_random", "overlap_of_welch",
               "largest_cosine", "largest_of_random", "antipodal_share", "antipodal_share_of_random"},
              {}};
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const Point& point = results.points[k];
    const Cosines& one = orthogonality(results).cosines[k];
    if (one.features < 2) continue;
    table.add_row({text_of(std::size_t(point.W().cols())), text_of(std::size_t(one.dim)),
                   text_of(point.density()), text_of(std::size_t(one.features)), text_of(one.overlap()),
                   text_of(one.random_overlap()), text_of(one.welch_overlap()), text_of(one.largest()),
                   text_of(random_coherence(one.features, one.dim)),
                   text_of(Cosines::antipodal(one.trained, one.features)),
                   text_of(Cosines::antipodal(one.random, one.features))});
  }
  return table;
}

void draw_lines(const std::filesystem::path& path, const Results& results) {
  std::vector<SeriesPanel> panels;
  for (const double epsilon : epsilons) {
    const bool first = panels.empty();
    Series most{first ? "Levenshtein" : "", {}, SeriesStyle::line, 3};
    Series covering{first ? "1/P(|cos| > ε)" : "", {}, SeriesStyle::line, 2};
    Series bound{first ? "exp({/:Italic m}ε^2/4)" : "", {}, SeriesStyle::line, 5};
    Series known{first ? "found" : "", {}, SeriesStyle::points, 0, 0.8};
    Series capped{first ? "no more sought" : "", {}, SeriesStyle::points, 4, 0.8};
    Series structured{first ? "structured" : "", {}, SeriesStyle::points, 6, 0.8};
    for (const LineCount& one : orthogonality(results).lines) {
      if (one.epsilon != epsilon) continue;
      const auto m = double(one.dim);
      most.points.emplace_back(m, one.most / std::log(10.0));
      covering.points.emplace_back(m, one.covering / std::log(10.0));
      bound.points.emplace_back(m, union_bound_log(one.dim, epsilon) / std::log(10.0));
      (one.is_capped ? capped : known).points.emplace_back(m, one.searched() / std::log(10.0));
      if (one.structured.log_count > 0.0) {
        structured.points.emplace_back(m, one.structured.log_count / std::log(10.0));
      }
    }
    SeriesPanel panel{fmt::format("|cos| ≤ {}", epsilon),
                      "{/:Italic m}",
                      "log_{10} {/:Italic N}",
                      {most, covering, bound, known, capped, structured}};
    panel.x_scale = AxisScale::logarithmic;
    panel.y_scale = AxisScale::logarithmic;  // what grows as exp(cm) is a line of slope 1
    panel.y_range = "[0.1:100]";
    panels.push_back(std::move(panel));
  }
  draw_series(path, "Lines in R^{/:Italic m}, almost orthogonal", panels, 2);
}

/// The density of cosines in equal bins.
Series histogram(const std::vector<double>& cosines, const std::string& label, SeriesStyle style,
                 std::size_t color) {
  constexpr int bins = 40;
  std::array<double, bins> counts{};
  for (const double one : cosines) {
    counts.at(std::size_t(std::clamp(int((one + 1.0) / 2.0 * bins), 0, bins - 1))) += 1.0;
  }
  Series series{label, {}, style, color, 0.35};
  for (int k = 0; k < bins; ++k) {
    const double share = counts.at(std::size_t(k)) / double(cosines.size()) * bins / 2.0;
    if (share > 0.0) series.points.emplace_back((k + 0.5) * 2.0 / bins - 1.0, share);
  }
  return series;
}

void draw_cosines(const std::filesystem::path& path, const Results& results) {
  std::vector<SeriesPanel> panels;
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const Point& point = results.points[k];
    const Cosines& one = orthogonality(results).cosines[k];
    if (one.features < 2) continue;
    const bool first = panels.empty();
    Series law{first ? "random" : "", {}, SeriesStyle::line, 6};
    constexpr int pieces = 100;
    for (int i = 0; i < pieces; ++i) {
      const double from = double(i) / pieces;
      const double to = double(i + 1) / pieces;
      const double density =
          0.5 * pieces * (random_cosine_above(one.dim, from) - random_cosine_above(one.dim, to));
      if (density < 1e-4) continue;
      law.points.emplace_back(0.5 * (from + to), density);
      law.points.insert(law.points.begin(), {-0.5 * (from + to), density});
    }
    SeriesPanel panel{fmt::format("{{/:Italic n}} = {}, {{/:Italic m}} = {}, density {}", point.W().cols(),
                                  one.dim, point.density()),
                      "cosine",
                      k % 4 == 0 ? "density" : "",
                      {law, histogram(one.trained, first ? "trained" : "", SeriesStyle::line_and_points, 1)}};
    panel.y_scale = AxisScale::logarithmic;
    panel.y_range = "[1e-4:50]";
    panel.x_range = "[-1:1]";
    panels.push_back(std::move(panel));
  }
  draw_series(path, "Cosines of represented features", panels, 4);
}

// Measures.

/// How far what is found is above the most that there can be: the greatest of log N − log most.
double above_bound(const Results& results, double epsilon_factor) {
  double worst = -1e9;
  for (const LineCount& one : orthogonality(results).lines) {
    worst = std::max(worst, one.known() - most_lines_log(one.dim, epsilon_factor * one.epsilon));
  }
  return worst;
}

/// The fewest found for each that random ones promise: the least of log N − min(log 1/P, log of what was
/// sought).
double above_random(const Results& results, bool basis) {
  double least = 1e9;
  for (const LineCount& one : orthogonality(results).lines) {
    if (one.is_capped) continue;
    least = std::min(least, (basis ? std::log(double(one.dim)) : one.known()) - one.covering);
  }
  return least;
}

/// The rate of log N in m of the covering bound between m = 256 and 512, over −½ log(1 − ε²), at ε = 0.5; or
/// of a basis.
double growth_rate(bool basis) {
  const double limit = -0.5 * std::log(0.75);
  const double more = basis ? std::log(2.0) : covering_bound_log(512, 0.5) - covering_bound_log(256, 0.5);
  return more / 256.0 / limit;
}

/// log N of Kerdock's lines in R²⁵⁶, or of what covering promises at their |cos|, 1/16, over that of
/// Levenshtein's bound.
double structured_over_bound(bool covering) {
  constexpr Eigen::Index dim = 256;
  const StructuredLines kerdock = structured_lines(dim, 0).value();
  return (covering ? covering_bound_log(dim, kerdock.coherence) : kerdock.log_count) /
         most_lines_log(dim, kerdock.coherence);
}

/// The sparsest model of the largest size.
const Cosines& sparsest_of_largest(const Results& results) {
  return orthogonality(results).cosines.back();
}

}  // namespace

Experiment almost_orthogonal() {
  return {
      .id = "almost-orthogonal",
      .summary = "how many almost orthogonal directions there are, and whether features are so",
      .axes = {named_axis("size", {"20 in 5", "80 in 20", "400 in 30"}),
               {"density", quick_densities, paper_densities}},
      .cell = orthogonal_cell,
      .find = find_orthogonality,
      .tables = {{"lines", lines_table}, {"cosines", cosines_table}},
      .figures = {{"almost-orthogonal",
                   "Numbers of lines with a bounded cosine against the dimension: found, promised by random "
                   "ones, and the most there can be.",
                   draw_lines},
                  {"cosines",
                   "Cosines of all pairs of represented features, beside the law of random directions.",
                   draw_cosines}},
      .measures = {{"below-bound", [](const Results& results) { return above_bound(results, 1.0); },
                    [](const Results& results) { return above_bound(results, 0.5); }},
                   {"above-random", [](const Results& results) { return above_random(results, false); },
                    [](const Results& results) { return above_random(results, true); }},
                   {"rate", [](const Results&) { return growth_rate(false); },
                    [](const Results&) { return growth_rate(true); }},
                   {"structured", [](const Results&) { return structured_over_bound(false); },
                    [](const Results&) { return structured_over_bound(true); }},
                   {"overlap", [](const Results& results) { return sparsest_of_largest(results).overlap(); },
                    [](const Results& results) { return sparsest_of_largest(results).random_overlap(); }},
                   {"acute",
                    [](const Results& results) {
                      const Cosines& one = sparsest_of_largest(results);
                      return one.largest() / random_coherence(one.features, one.dim);
                    },
                    [](const Results& results) {
                      const Cosines& one = sparsest_of_largest(results);
                      return std::max(std::abs(one.trained.front()), one.random.back()) /
                             random_coherence(one.features, one.dim);
                    }}}};
}

}  // namespace digon::experiments
