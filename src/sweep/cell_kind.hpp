#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sweep/run_store.hpp"

namespace digon {

/// How the cells of one kind are computed, from their settings and what they are given alone: any process can
/// do it. A kind is a constant in its own file,
///   const CellKind training_kind{"training", 1, &compute_training};
/// which registers itself under its name. Raise the version whenever the algorithm changes its results: it is
/// part of the key in the store, so that no store answers with numbers of another algorithm.
class CellKind {
 public:
  using Compute = StoredCell (*)(const nlohmann::json& settings, const std::string& given);

  /// Throws std::logic_error where the name is taken.
  CellKind(std::string name, int version, Compute computes);
  CellKind(const CellKind&) = delete;
  CellKind& operator=(const CellKind&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int version() const { return version_; }

  /// Computes a cell and times it. What it returns once interrupted() is no result.
  [[nodiscard]] StoredCell compute(const nlohmann::json& settings, const std::string& given) const;

 private:
  std::string name_;
  int version_;
  Compute compute_;
};

/// The kind of that name. Throws std::logic_error where there is none.
const CellKind& find_cell_kind(const std::string& name);

}  // namespace digon
