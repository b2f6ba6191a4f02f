#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/run.hpp"

struct sqlite3;

namespace digon {

/// What one cell of a sweep came to.
struct StoredCell {
  nlohmann::json result;
  std::string weights;   ///< a safetensors file, or empty
  double seconds = 0.0;  ///< what it took
};

/// A cell as it stands in the store.
struct StoredRow {
  std::string experiment;
  nlohmann::json settings;
  std::string version;  ///< of the program that computed it
  StoredCell cell;
};

/// The finished cells of sweeps in one SQLite database, a transaction a cell: a process that is killed loses
/// the cells it was at and no other. A cell is known by its settings and the program's version, whose hash is
/// the key; what is there is never computed again. Safe to use from many threads.
class RunStore {
 public:
  /// Opens or creates the database (WAL). Throws InputError where the file is no store of Digon's.
  explicit RunStore(const std::filesystem::path& file);
  RunStore(const RunStore&) = delete;
  RunStore& operator=(const RunStore&) = delete;
  ~RunStore();

  [[nodiscard]] std::optional<StoredCell> find(const nlohmann::json& settings) const;
  void put(const std::string& experiment, const nlohmann::json& settings, const StoredCell& cell);

  /// All cells, or those of one experiment, in the order of their keys.
  [[nodiscard]] std::vector<StoredRow> rows(const std::string& experiment = "") const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace digon
