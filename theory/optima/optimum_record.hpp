#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// The lowest minimum known of a model's loss, and how it was found.
struct RecordedOptimum {
  FeatureDistribution features;
  ToyModel model;
  double loss = 0.0;            ///< exact, or of a ReLU in the hidden layer as stated_options have it stated
  std::size_t agreeing = 0;     ///< populations, apart from each other, that came to it
  std::size_t populations = 0;  ///< of so many
  std::string date;             ///< when, as 2026-01-31
  std::string version;          ///< of Digon
};

/// A record: at most one minimum for a law, a hidden dimension and a kind of model.
using OptimumRecord = std::vector<RecordedOptimum>;

/// The record that Digon carries, paper_refs/optima.safetensors.
const OptimumRecord& recorded_optima();

/// Reads what write_optimum_record wrote; `source` is named in an InputError.
OptimumRecord parse_optimum_record(std::string_view bytes, const std::string& source);

/// optima.safetensors in a folder; empty where there is none.
OptimumRecord read_optimum_record(const std::filesystem::path& folder);

/// Writes optima.safetensors, for the k-th minimum `k.W` [n, m], `k.b` [n] and of an untied model `k.W_out`
/// [n, m] (float64) with kind, law, loss and origin in the metadata `optima`, and optima.csv, the same
/// without weights, for readers.
void write_optimum_record(const std::filesystem::path& folder, const OptimumRecord& record);

/// The minimum of that law, hidden dimension and kind, or null.
const RecordedOptimum* find_recorded(const OptimumRecord& record, const FeatureDistribution& features,
                                     Eigen::Index hidden, ModelKind kind = ModelKind::relu_output);

/// What became of a minimum offered to a record.
enum class RecordChange {
  none,       ///< the record's is lower, or the same and as well confirmed
  added,      ///< there was none
  lowered,    ///< the record's was higher
  confirmed,  ///< the same minimum, found by more populations
};
RecordChange add_to_record(OptimumRecord& record, const RecordedOptimum& found);

}  // namespace digon
