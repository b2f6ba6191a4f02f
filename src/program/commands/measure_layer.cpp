#include "program/commands/measure_layer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/files/layer_file.hpp"
#include "core/files/table.hpp"
#include "geometry/layer_geometry.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/packing/random_lines.hpp"

namespace digon {
namespace {

using nlohmann::json;

constexpr std::uint64_t most_instances = 1'000'000'000;

/// The spread of one quantity over the vectors.
struct Spread {
  double least = 0.0;
  double median = 0.0;
  double mean = 0.0;
  double most = 0.0;
};

Spread spread_of(const Eigen::VectorXd& values) {
  std::vector<double> sorted(values.data(), values.data() + values.size());
  const auto middle = sorted.begin() + std::ptrdiff_t(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return {values.minCoeff(), *middle, values.mean(), values.maxCoeff()};
}

json json_of(const Spread& spread) {
  return {{"min", spread.least}, {"median", spread.median}, {"mean", spread.mean}, {"max", spread.most}};
}

/// Welch's bound on the coherence of the vectors that are not 0; 0 where they could be orthogonal.
double welch_bound(const LayerGeometry& geometry, Eigen::Index dim) {
  if (geometry.nonzero <= dim) return 0.0;
  return coherence_bounds(CodeKind::lines, geometry.nonzero, dim).front().value;
}

/// On a line all directions are parallel.
bool has_random_law(const LayerFile& layer) {
  return layer.dim() >= 2;
}

/// The share of random directions' pairs with a cosine in [from, to], of one sign.
double random_share(Eigen::Index dim, double from, double to) {
  const double low = std::min(std::abs(from), std::abs(to));
  const double high = std::max(std::abs(from), std::abs(to));
  return 0.5 * (random_cosine_above(dim, low) - random_cosine_above(dim, high));
}

double bin_edge(std::size_t bin) {
  return 2.0 * double(bin) / double(cosine_bins) - 1.0;
}

double pairs_of(const LayerGeometry& geometry) {
  return 0.5 * double(geometry.nonzero) * double(geometry.nonzero - 1);
}

/// All pairs by their cosine, beside as many of random directions.
json describe_cosines(const LayerGeometry& geometry, Eigen::Index dim) {
  json edges = json::array();
  json random = json::array();
  for (std::size_t bin = 0; bin <= cosine_bins; ++bin) edges.push_back(bin_edge(bin));
  for (std::size_t bin = 0; bin < cosine_bins; ++bin) {
    random.push_back(pairs_of(geometry) * random_share(dim, bin_edge(bin), bin_edge(bin + 1)));
  }
  return {{"edges", edges}, {"pairs", geometry.cosine_counts}, {"pairs_of_random", random}};
}

/// Pairs beyond some cosines of either sign, and what random directions have beyond each.
Table cosine_table(const LayerGeometry& geometry, Eigen::Index dim) {
  Table table{{"t", "pairs with cos > t", "cos < −t", "of random directions, each"}, {}};
  constexpr std::size_t middle = cosine_bins / 2;
  for (const std::size_t steps : {2, 4, 6, 10, 14, 18}) {
    std::uint64_t above = 0;
    std::uint64_t below = 0;
    for (std::size_t bin = middle + steps; bin < cosine_bins; ++bin) {
      above += geometry.cosine_counts[bin];
      below += geometry.cosine_counts[cosine_bins - 1 - bin];
    }
    const double t = bin_edge(middle + steps);
    table.add_row({fmt::format("{:.1f}", t), fmt::format("{}", above), fmt::format("{}", below),
                   fmt::format("{:.3g}", pairs_of(geometry) * random_share(dim, t, 1.0))});
  }
  return table;
}

json describe(const CommandLine& line, const LayerFile& layer, const LayerGeometry& geometry) {
  const auto m = double(layer.dim());
  const auto k = double(geometry.nonzero);
  json object = {{"tensor", layer.tensor()},
                 {"dtype", layer.dtype()},
                 {"vectors", layer.count()},
                 {"dimensions", layer.dim()},
                 {"nonzero", geometry.nonzero},
                 {"norm", json_of(spread_of(geometry.features.norm))},
                 {"superposition", json_of(spread_of(geometry.features.superposition))},
                 {"feature_dimensionality", json_of(spread_of(geometry.features.dimensionality))},
                 {"capacity", geometry.features.dimensionality.sum()},
                 {"dimensions_per_feature", geometry.features.dimensions_per_feature},
                 {"frame_potential", geometry.frame_potential},
                 {"frame_potential_bound", std::max(k, k * k / m)},
                 {"mean_squared_cosine", geometry.mean_squared_cosine},
                 {"inverse_dimension", 1.0 / m},
                 {"welch_bound", welch_bound(geometry, layer.dim())},
                 {"why", json::object()}};
  if (line.has("instance")) {
    object["instance"] = line.integer("instance", 0, most_instances);
  } else {
    leave_out(object, {"instance"}, "the tensor is one matrix");
  }
  if (geometry.closest) {
    object["coherence"] = std::abs(geometry.closest->cosine);
    if (has_random_law(layer)) {
      object["coherence_of_random"] = random_coherence(geometry.nonzero, layer.dim());
      object["cosines"] = describe_cosines(geometry, layer.dim());
    } else {
      leave_out(object, {"coherence_of_random", "cosines"}, "on a line all directions are parallel");
    }
    object["closest_pair"] = {geometry.closest->first, geometry.closest->second};
    object["largest_cosine"] = json_of(spread_of(geometry.largest_cosine));
  } else {
    leave_out(
        object, {"coherence", "closest_pair", "largest_cosine", "coherence_of_random", "cosines"},
        line.has("no-coherence") ? "--no-coherence is given" : "there is no pair of vectors that are not 0");
  }
  return object;
}

std::string to_text(const LayerFile& layer, const LayerGeometry& geometry) {
  const FeatureGeometry& features = geometry.features;
  Table spreads{{"", "least", "median", "mean", "greatest"}, {}};
  const auto add = [&](const std::string& name, const Eigen::VectorXd& values) {
    const Spread spread = spread_of(values);
    spreads.add_row({name, fmt::format("{:.6g}", spread.least), fmt::format("{:.6g}", spread.median),
                     fmt::format("{:.6g}", spread.mean), fmt::format("{:.6g}", spread.most)});
  };
  add("norm", features.norm);
  add("superposition", features.superposition);
  add("D_i = C_i", features.dimensionality);
  if (geometry.closest) add("largest |cos|", geometry.largest_cosine);
  const auto m = double(layer.dim());
  const auto k = double(geometry.nonzero);
  std::string text = fmt::format(
      "'{}' ({}): n = {} vectors in m = {} dimensions, {} of them 0\n"
      "D* = m/‖W‖² = {:.6g}, capacity Σ C_i = Σ D_i = {:.6g} of {}\n"
      "mean squared cosine {:.6g}, {:.4g} of 1/m; frame potential {:.6g}, {:.4g} of the least possible\n",
      layer.tensor(), layer.dtype(), layer.count(), layer.dim(), layer.count() - geometry.nonzero,
      features.dimensions_per_feature, features.dimensionality.sum(), layer.dim(),
      geometry.mean_squared_cosine, geometry.mean_squared_cosine * m, geometry.frame_potential,
      geometry.frame_potential / std::max(k, k * k / m));
  if (geometry.closest) {
    text += fmt::format("coherence max |cos| = {:.6g} (vectors {} and {}); Welch's bound {:.6g}",
                        std::abs(geometry.closest->cosine), geometry.closest->first, geometry.closest->second,
                        welch_bound(geometry, layer.dim()));
    if (has_random_law(layer)) {
      text += fmt::format(", of as many random directions {:.6g}\n{}",
                          random_coherence(geometry.nonzero, layer.dim()),
                          to_text(cosine_table(geometry, layer.dim())));
    } else {
      text += "\n";
    }
  }
  return text + to_text(spreads);
}

Table table_of(const LayerGeometry& geometry) {
  Table table{{"vector", "norm", "superposition", "feature_dimensionality", "largest_cosine"}, {}};
  const FeatureGeometry& features = geometry.features;
  for (Eigen::Index i = 0; i < features.norm.size(); ++i) {
    table.add_row({text_of(std::size_t(i)), text_of(features.norm[i]), text_of(features.superposition[i]),
                   text_of(features.dimensionality[i]),
                   geometry.largest_cosine.size() > 0 ? text_of(geometry.largest_cosine[i]) : ""});
  }
  return table;
}

}  // namespace

void declare_layer(CommandLine& line) {
  line.option("layer", "FILE",
              "instead of --model, any n vectors in R^m (the decoder of a sparse autoencoder, an embedding "
              "matrix): a "
              "matrix of a safetensors, .npy or uncompressed .npz file of any size, read block by block");
  line.option("tensor", "NAME", "of --layer: the matrix in a file that has several");
  line.flag("no-coherence", "of --layer: leave out the pairs, n²m operations");
  line.option("csv", "FILE", "of --layer: also write a row a vector there");
  line.option("threads", "T", "of --layer: threads; 0 is one a core", "0");
}

int measure_layer(const CommandLine& line) {
  if (line.has("model")) reject("--layer: given with --model; accepted: either");
  line.refuse({"weights", "bias", "weights-out"},
              "given with --layer, whose matrix --tensor names; accepted with --model");
  const std::filesystem::path file = line.text("layer");
  const LayerFile layer(
      file, line.has("tensor") ? line.text("tensor") : "", read_layout(line),
      line.has("instance") ? std::optional(line.integer("instance", 0, most_instances)) : std::nullopt);
  LayerGeometryOptions options;
  options.coherence = !line.has("no-coherence");
  options.threads = read_threads(line);
  std::optional<LayerGeometry> geometry;
  {
    Progress progress("pairs of vectors", blocks_of_pairs(layer.count(), options));
    options.advance = [&](std::size_t blocks) { progress.advance(blocks); };
    geometry = layer_geometry(
        {layer.count(), layer.dim(),
         [&](Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) { layer.read(begin, block); }},
        options);
  }
  if (!geometry) {
    fmt::print(stderr, "digon: interrupted; nothing is written\n");
    return exit_interrupted;
  }
  if (line.has("csv")) write_csv(line.text("csv"), table_of(*geometry));
  if (line.has("json")) {
    print_answers(json::array({describe(line, layer, *geometry)}));
  } else {
    fmt::print("{}", to_text(layer, *geometry));
  }
  return 0;
}

}  // namespace digon
