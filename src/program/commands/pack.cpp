#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <sstream>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/parse_number.hpp"
#include "core/files/npy.hpp"
#include "core/files/table.hpp"
#include "geometry/named_geometry.hpp"
#include "plots/packing_figure.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/output_folder.hpp"
#include "sweep/kinds/packing_cell.hpp"
#include "theory/packing/packing_answer.hpp"

namespace digon {
namespace {

using nlohmann::json;

CommandLine declare_pack() {
  CommandLine line("pack",
                   "n unit vectors in m dimensions at the lowest energy: the generalised Thomson problem",
                   "digon pack --points 12 --dim 3 --energy coulomb --starts 32 --out pack");
  line.option("points", "N", "number of points n, at least 2");
  line.option("dim", "M", "dimensions m, at least 2");
  line.option(
      "energy", "NAME",
      "coulomb 1/r, log −ln r, riesz:S r^−S, relu2 max(c, 0)² and frame c² of the inner product c, coherence "
      "(the largest c), or l1: the loss L_1 with norms and biases free",
      "coulomb");
  line.flag("antipodal", "with coherence: lines instead of points, the largest |c|");
  line.option("features", "N[:HI]", "with l1 in place of --points: number of features, or a range of it");
  line.option(
      "initial", "FILE",
      "one more start: n rows of m numbers, a .npy array or CSV without a header; the answer is never worse");
  line.option("starts", "K", "random starts", "32");
  line.option("hops", "H",
              "descents after each start from moved copies of what it found, a population of minima; default "
              "0, above 120 points 12000/N; with coherence N(M − 1)");
  declare_seed_and_threads(line);
  declare_json(line);
  line.option(
      "out", "DIR",
      "folder for points.csv, points.npy, initial.csv (as --initial takes it), packing.json and the figure "
      "packing.svg, .png, .gp");
  declare_wait(line);
  return line;
}

std::vector<std::vector<double>> rows_of_npy(const std::string& bytes, const std::string& path) {
  const Tensor array = read_tensor(parse_npy(bytes, path), path, "points");
  if (array.shape.size() != 2) {
    reject("--initial: {}: shape {} given; accepted: [points, dimensions]", path, text_of_shape(array.shape));
  }
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < array.shape[0]; ++i) {
    const auto begin = array.values.begin() + std::ptrdiff_t(i * array.shape[1]);
    rows.emplace_back(begin, begin + std::ptrdiff_t(array.shape[1]));
  }
  return rows;
}

std::vector<std::vector<double>> rows_of_csv(const std::string& text, const std::string& path,
                                             Eigen::Index dim) {
  std::istringstream lines(text);
  std::vector<std::vector<double>> rows;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    std::vector<double>& row = rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) {
      const std::optional<double> value = parse_number(cell);
      if (!value) {
        reject("--initial: {}: line {} has '{}'; accepted: {} numbers a line", path, rows.size(), cell, dim);
      }
      row.push_back(*value);
    }
  }
  return rows;
}

/// The points of --initial [m×n], one a row of the file, a .npy array or CSV without a header.
Eigen::MatrixXd read_points(const std::string& path, Eigen::Index points, Eigen::Index dim) {
  const std::string bytes = read_file(path);
  const std::vector<std::vector<double>> rows =
      bytes.starts_with("\x93NUMPY") ? rows_of_npy(bytes, path) : rows_of_csv(bytes, path, dim);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (Eigen::Index(rows[i].size()) == dim) continue;
    reject("--initial: {}: line {} has {} numbers; accepted: {}", path, i + 1, rows[i].size(), dim);
  }
  if (Eigen::Index(rows.size()) != points) {
    reject("--initial: {} has {} points; accepted: {}", path, rows.size(), points);
  }
  Eigen::MatrixXd W(dim, points);
  for (Eigen::Index i = 0; i < points; ++i) {
    W.col(i) = Eigen::Map<const Eigen::VectorXd>(rows[std::size_t(i)].data(), dim);
    if (!W.col(i).allFinite() || W.col(i).norm() == 0.0) {
      reject("--initial: {}: point {} is 0 or not finite; accepted: points other than 0", path, i);
    }
  }
  return W.colwise().normalized();
}

json describe(const PackingAnswer& answer) {
  json points = json::array();
  for (const auto& column : answer.W.colwise()) points.push_back(to_json(Eigen::VectorXd(column)));
  json pairs = json::array();
  for (const auto& [value, count] : answer.geometry.inner_products) {
    pairs.push_back({{"value", value}, {"pairs", count}});
  }
  json bounds = json::array();
  for (const PackingBound& bound : answer.bounds) {
    bounds.push_back(
        {{"name", bound.name}, {"value", bound.value}, {"relative_gap", answer.above(bound.value)}});
  }
  json components = json::array();
  for (const GeometryComponent& component : answer.geometry.components) {
    components.push_back(
        {{"name", component.name}, {"points", component.points}, {"dimension", component.dimension}});
  }
  json object = {{"quantity", answer.quantity},
                 {"energy", answer.value},
                 {"points", points},
                 {"starts", answer.starts},
                 {"hits", answer.hits},
                 {"confirmed", answer.confirmed()},
                 {"inner_products", pairs},
                 {"geometry", answer.geometry.name},
                 {"components", components},
                 {"bounds", bounds},
                 {"why", json::object()}};
  const auto add = [&](const char* key, const std::optional<double>& value, const char* why) {
    if (value) {
      object[key] = *value;
    } else {
      leave_out(object, {key}, why);
    }
  };
  add("gradient_norm", answer.gradient_norm, "the descent ended where there is none");
  add("min_hessian_eigenvalue", answer.least_eigenvalue,
      "not computed of so many points, nor where the energy is not smooth");
  if (answer.proof() != nullptr) {
    object["proved_optimal_by"] = answer.proof()->name;
  } else {
    leave_out(object, {"proved_optimal_by"}, "no bound is met");
  }
  if (answer.known) {
    object["known"] = answer.known->value;
    object["known_proved"] = answer.known->proved;
    object["known_source"] = answer.known->source;
    object["relative_gap"] = answer.above(answer.known->value);
  } else {
    leave_out(object, {"known", "known_proved", "known_source", "relative_gap"},
              "no optimum of it is on record");
  }
  return object;
}

std::string how_sure(const PackingAnswer& answer) {
  if (answer.above_known()) {
    return fmt::format("; not confirmed: above the table by {:.1e}", answer.above(answer.known->value));
  }
  return answer.confirmed() ? "" : "; not confirmed: found once";
}

void print_text(const PackingAnswer& answer) {
  fmt::print("{} {:.12g}, reached by {} of {} starts{}\ngeometry: {}\n", answer.quantity, answer.value,
             answer.hits, answer.starts, how_sure(answer), answer.geometry.name);
  if (answer.gradient_norm) fmt::print("gradient along the spheres {:.1e}", *answer.gradient_norm);
  if (answer.least_eigenvalue) {
    fmt::print(", least Hessian eigenvalue off rotations {:.3g}", *answer.least_eigenvalue);
  }
  fmt::print("\n");
  Table references{{"reference", "value", "excess"}, {}};
  for (const PackingBound& bound : answer.bounds) {
    references.add_row({"bound: " + bound.name, fmt::format("{:.12g}", bound.value),
                        fmt::format("{:+.2e}", answer.above(bound.value))});
  }
  if (answer.known) {
    references.add_row({answer.known->proved ? "known, proved" : "known, not proved",
                        fmt::format("{:.12g}", answer.known->value),
                        fmt::format("{:+.2e}", answer.above(answer.known->value))});
  }
  fmt::print("\n{}", to_text(references));
  if (answer.known) fmt::print("known from {}\n", answer.known->source);
  if (const PackingBound* proof = answer.proof())
    fmt::print("Optimal: it meets the {} bound.\n", proof->name);
  if (answer.known && answer.above(answer.known->value) < -PackingAnswer::same_value) {
    fmt::print("Below the known optimum of {}.\n", answer.known->source);
  }
  Table pairs{{"inner product", "pairs"}, {}};
  constexpr std::size_t most_shown = 24;
  for (const auto& [value, count] : answer.geometry.inner_products) {
    if (pairs.rows.size() == most_shown) break;
    pairs.add_row({fmt::format("{:+.9f}", value), text_of(count)});
  }
  fmt::print("\n{}", to_text(pairs));
  if (answer.geometry.inner_products.size() > most_shown) {
    fmt::print("… {} different inner products in all\n", answer.geometry.inner_products.size());
  }
}

void write_files(const std::filesystem::path& folder, const PackingAnswer& answer) {
  Table points{{"point"}, {}};
  for (Eigen::Index a = 0; a < answer.W.rows(); ++a) points.columns.push_back(fmt::format("w{}", a + 1));
  for (Eigen::Index i = 0; i < answer.W.cols(); ++i) {
    std::vector<std::string> row{text_of(std::size_t(i))};
    for (const double w : answer.W.col(i)) row.push_back(text_of(w));
    points.add_row(std::move(row));
  }
  write_csv(folder / "points.csv", points);
  // Both as --initial takes them.
  write_file_atomically(folder / "points.npy", serialize_npy(answer.W.transpose()));
  std::string initial;
  for (const std::vector<std::string>& row : points.rows) {
    initial += fmt::format("{}\n", fmt::join(row.begin() + 1, row.end(), ","));
  }
  write_file_atomically(folder / "initial.csv", initial);
  write_file_atomically(folder / "packing.json", dump_json(json::array({describe(answer)}), 2) + "\n");
  const std::string what = fmt::format("{} points in {} dimensions", answer.W.cols(), answer.W.rows());
  const std::string& geometry = answer.geometry.name;
  draw_packing(folder / "packing",
               {fmt::format("{}: {}{} {:.9g}", what, geometry == what ? "" : geometry + ", ", answer.quantity,
                            std::abs(answer.value) < 1e-12 ? 0.0 : answer.value),
                answer.W, answer.geometry.inner_products});
}

PackingAnswer pack_energy(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                          const PackingSearch& search) {
  return packing_answer(energy, search_packing_shared(energy, points, dim, search), search);
}

PackingAnswer pack_code(CodeKind kind, Eigen::Index points, Eigen::Index dim, const PackingSearch& search) {
  return packing_answer(kind, search_spherical_code_shared(kind, points, dim, search));
}

/// "N" or "LO:HI".
std::pair<std::uint64_t, std::uint64_t> read_feature_range(const std::string& text) {
  constexpr std::uint64_t most = 200;
  const auto range = parse_range(text.find(':') == std::string::npos ? text + ":" + text : text);
  const auto is_whole = [](double value) { return value == std::floor(value); };
  if (!range || !is_whole(range->first) || !is_whole(range->second) || range->first < 1.0 ||
      range->second < range->first || range->second > double(most)) {
    reject("--features: '{}' given; accepted: N or LO:HI with 1 ≤ LO ≤ HI ≤ {}", text, most);
  }
  return {std::uint64_t(range->first), std::uint64_t(range->second)};
}

int pack_l1(const CommandLine& line, Eigen::Index dim, const OptimumOptions& options) {
  if (line.has("points")) reject("--points: given with --energy l1; accepted there: --features");
  const auto [low, high] = read_feature_range(line.text("features"));
  json all = json::array();
  Table exact{{"features", "represented", "L_1", "loss_per_feature", "mean_norm", "mean_bias", "descents",
               "gradient_norm", "geometry"},
              {}};
  Table table{{"features", "represented", "L_1", "per feature", "norm", "bias", "descents", "geometry"}, {}};
  for (std::uint64_t n = low; n <= high && !interrupted(); ++n) {
    json optima = json::array();
    for (const RepresentedOptimum& optimum : one_sparse_optima_shared(Eigen::Index(n), dim, options)) {
      const ToyModel& model = optimum.at.model;
      double norm = 0.0;
      double bias = 0.0;
      for (Eigen::Index i = 0; i < model.features(); ++i) {
        if (model.W.col(i).norm() <= absent_norm) continue;
        norm += model.W.col(i).norm() / double(optimum.represented);
        bias += model.b[i] / double(optimum.represented);
      }
      const std::string geometry = describe_geometry(model.W).name;
      table.add_row({text_of(std::size_t(n)), text_of(std::size_t(optimum.represented)),
                     fmt::format("{:.8f}", optimum.at.loss),
                     fmt::format("{:.8f}", optimum.at.loss / double(n)), fmt::format("{:.6f}", norm),
                     fmt::format("{:+.6f}", bias), text_of(optimum.hits), geometry});
      exact.add_row({text_of(std::size_t(n)), text_of(std::size_t(optimum.represented)),
                     text_of(optimum.at.loss), text_of(optimum.at.loss / double(n)), text_of(norm),
                     text_of(bias), text_of(optimum.hits), text_of(optimum.at.gradient_norm), geometry});
      optima.push_back({{"represented", optimum.represented},
                        {"loss", optimum.at.loss},
                        {"loss_per_feature", optimum.at.loss / double(n)},
                        {"mean_norm", norm},
                        {"mean_bias", bias},
                        {"hits", optimum.hits},
                        {"gradient_norm", optimum.at.gradient_norm},
                        {"geometry", geometry}});
    }
    all.push_back({{"features", n}, {"dim", dim}, {"optima", optima}});
  }
  if (line.has("json")) {
    print_answers(all);
  } else {
    fmt::print("{}", to_text(table));
  }
  if (line.has("out")) {
    const std::filesystem::path folder = line.text("out");
    write_csv(folder / "l1.csv", exact);
    write_file_atomically(folder / "l1.json", dump_json(all, 2) + "\n");
  }
  return interrupted() ? exit_interrupted : 0;
}

}  // namespace

int run_pack(const std::vector<std::string>& arguments) {
  CommandLine line = declare_pack();
  if (!line.parse(arguments)) return 0;
  const std::string name = line.text("energy");
  const auto dim = Eigen::Index(line.integer("dim", 2, 1000));
  const auto starts = std::size_t(line.integer("starts", 1, 1'000'000));
  const std::uint64_t seed = read_seed(line);
  const std::size_t threads = read_threads(line);
  if (line.has("antipodal") && name != "coherence") {
    reject("--antipodal: given with --energy {}; accepted with --energy coherence", name);
  }
  if (line.has("features") && name != "l1")
    reject("--features: given with --energy {}; accepted with l1", name);
  if (name == "l1") {
    for (const char* option : {"initial", "hops"}) {
      if (line.has(option)) reject("--{}: given with --energy l1; accepted with the other energies", option);
    }
    OptimumOptions options;
    options.starts = starts;
    options.seed = seed;
    options.threads = threads;
    read_feature_range(line.text("features"));
    const auto lock = claim_out(line);
    return pack_l1(line, dim, options);
  }
  const auto points = Eigen::Index(line.integer("points", 2, 5000));
  const PackingEnergy energy =
      name == "coherence" ? PackingEnergy{} : parse_packing_energy("--energy", name, ", coherence, l1");
  PackingSearch search;
  search.starts = starts;
  search.hops = line.has("hops")      ? line.integer("hops", 0, 1'000'000)
                : name == "coherence" ? usual_code_hops(points, dim)
                                      : usual_hops(points);
  search.seed = seed;
  search.threads = threads;
  if (line.has("initial")) {
    search.given.push_back(read_points(line.text("initial"), points, dim));
    if (name != "coherence")
      require_finite_energy(energy, search.given[0], "--initial: " + line.text("initial"));
  }
  const auto lock = claim_out(line);

  const PackingAnswer answer =
      name == "coherence"
          ? pack_code(line.has("antipodal") ? CodeKind::lines : CodeKind::points, points, dim, search)
          : pack_energy(energy, points, dim, search);
  if (line.has("json")) {
    print_answers(json::array({describe(answer)}));
  } else {
    print_text(answer);
  }
  if (line.has("out")) write_files(line.text("out"), answer);
  if (!interrupted()) return 0;
  fmt::print(stderr, "digon: interrupted; the answer is that of the starts finished\n");
  return exit_interrupted;
}

}  // namespace digon
