#include "theory/optima/optimum_record.hpp"

#include <fmt/format.h>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/files/safetensors.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "theory/optima/optimum_search.hpp"

// The file as it is, in the program.
asm(".section .rodata\n"
    "digon_optima_begin:\n"
    ".incbin \"" DIGON_OPTIMA_FILE
    "\"\n"
    "digon_optima_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" {
extern const char digon_optima_begin[];
extern const char digon_optima_end[];
}

namespace digon {
namespace {

using nlohmann::json;

bool is_same_law(const FeatureDistribution& one, const FeatureDistribution& other) {
  constexpr double rounding = 1e-12;  // 0.7^i comes out of std::pow and of text
  const auto but_profiles = [](const FeatureDistribution& features) {
    json law = to_json(features);
    law.erase("density");
    law.erase("importance");
    return law;
  };
  return one.features() == other.features() && one.density.isApprox(other.density, rounding) &&
         ((one.importance - other.importance).array().abs() <= rounding * one.importance.array()).all() &&
         but_profiles(one) == but_profiles(other);
}

/// [n, m] row-major is exactly Eigen's column-major [m×n].
Eigen::MatrixXd columns_of(const Tensor& tensor, Eigen::Index m, Eigen::Index n) {
  return Eigen::Map<const Eigen::MatrixXd>(tensor.values.data(), m, n);
}
Tensor tensor_of(const Eigen::MatrixXd& columns) {
  return {{std::size_t(columns.cols()), std::size_t(columns.rows())},
          {columns.data(), columns.data() + columns.size()},
          StoredType::float64};
}

bool is_of(const RecordedOptimum& one, const FeatureDistribution& features, Eigen::Index hidden,
           ModelKind kind) {
  return one.model.hidden() == hidden && one.model.kind == kind && is_same_law(one.features, features);
}

}  // namespace

const OptimumRecord& recorded_optima() {
  static const OptimumRecord record =
      parse_optimum_record({digon_optima_begin, std::size_t(digon_optima_end - digon_optima_begin)},
                           "paper_refs/optima.safetensors");
  return record;
}

OptimumRecord parse_optimum_record(std::string_view bytes, const std::string& source) {
  const Safetensors file = parse_safetensors(bytes, source);
  OptimumRecord record;
  try {
    const json described = parse_json(file.metadata.at("optima"), source);
    for (std::size_t k = 0; k < described.size(); ++k) {
      const json& one = described[k];
      const Tensor& W = file.tensors.at(fmt::format("{}.W", k));
      const Tensor& b = file.tensors.at(fmt::format("{}.b", k));
      RecordedOptimum optimum;
      optimum.features = features_from_json(one.at("features"), source);
      const Eigen::Index n = optimum.features.features();
      if (W.shape.size() != 2 || b.values.size() != std::size_t(n) || W.shape[0] != std::size_t(n)) {
        reject("{}: minimum {}: W and b are not of its {} features", source, k, n);
      }
      const auto m = Eigen::Index(W.shape[1]);
      optimum.model = {columns_of(W, m, n), Eigen::Map<const Eigen::VectorXd>(b.values.data(), n),
                       one.contains("kind") ? parse_model_kind(source, one.at("kind").get<std::string>())
                                            : ModelKind::relu_output};
      if (!is_tied(optimum.model.kind)) {
        const Tensor& W_out = file.tensors.at(fmt::format("{}.W_out", k));
        if (W_out.shape != W.shape) reject("{}: minimum {}: W_out is not shaped as W", source, k);
        optimum.model.W_out = columns_of(W_out, m, n).transpose();
      }
      optimum.loss = one.at("loss").get<double>();
      optimum.agreeing = one.at("agreeing").get<std::size_t>();
      optimum.populations = one.at("populations").get<std::size_t>();
      optimum.date = one.at("date").get<std::string>();
      optimum.version = one.at("version").get<std::string>();
      record.push_back(std::move(optimum));
    }
  } catch (const std::out_of_range&) {
    reject("{}: is not a record of optima", source);
  } catch (const json::exception&) {
    reject("{}: is not a record of optima", source);
  }
  return record;
}

OptimumRecord read_optimum_record(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "optima.safetensors";
  if (!std::filesystem::exists(file)) return {};
  return parse_optimum_record(read_file(file), file.string());
}

void write_optimum_record(const std::filesystem::path& folder, const OptimumRecord& record) {
  Safetensors file;
  json described = json::array();
  Table table{{"features", "hidden", "density", "importance", "law", "kind", "loss", "agreeing",
               "populations", "date", "version"},
              {}};
  for (std::size_t k = 0; k < record.size(); ++k) {
    const RecordedOptimum& one = record[k];
    const auto n = std::size_t(one.model.features());
    const auto m = std::size_t(one.model.hidden());
    file.tensors[fmt::format("{}.W", k)] = tensor_of(one.model.W);
    if (!is_tied(one.model.kind)) {
      file.tensors[fmt::format("{}.W_out", k)] = tensor_of(one.model.W_out.transpose());
    }
    file.tensors[fmt::format("{}.b", k)] = {
        {n}, {one.model.b.data(), one.model.b.data() + one.model.b.size()}, StoredType::float64};
    described.push_back({{"features", to_json(one.features)},
                         {"kind", name_of(one.model.kind)},
                         {"loss", one.loss},
                         {"agreeing", one.agreeing},
                         {"populations", one.populations},
                         {"date", one.date},
                         {"version", one.version}});
    table.add_row({text_of(n), text_of(m), describe_profile(one.features.density),
                   describe_profile(one.features.importance), describe_law(one.features),
                   std::string(name_of(one.model.kind)), text_of(one.loss), text_of(one.agreeing),
                   text_of(one.populations), one.date, one.version});
  }
  file.metadata = {{"format", "pt"}, {"optima", dump_json(described)}};
  write_file_atomically(folder / "optima.safetensors", serialize(file));
  write_csv(folder / "optima.csv", table);
}

const RecordedOptimum* find_recorded(const OptimumRecord& record, const FeatureDistribution& features,
                                     Eigen::Index hidden, ModelKind kind) {
  for (const RecordedOptimum& one : record) {
    if (is_of(one, features, hidden, kind)) return &one;
  }
  return nullptr;
}

RecordChange add_to_record(OptimumRecord& record, const RecordedOptimum& found) {
  for (RecordedOptimum& one : record) {
    if (!is_of(one, found.features, found.model.hidden(), found.model.kind)) continue;
    const SameMinimum same = same_optimum_of(found.model.kind);
    const bool is_same = same.holds(found.loss, one.loss) && same.holds(one.loss, found.loss);
    if (found.loss > one.loss && !is_same) return RecordChange::none;
    if (is_same && found.agreeing <= one.agreeing) return RecordChange::none;
    one = found;
    return is_same ? RecordChange::confirmed : RecordChange::lowered;
  }
  record.push_back(found);
  return RecordChange::added;
}

}  // namespace digon
