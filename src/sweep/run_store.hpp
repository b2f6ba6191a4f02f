#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/files/run.hpp"

struct sqlite3;

namespace digon {

/// What one cell of a sweep came to.
struct StoredCell {
  nlohmann::json result;
  std::string weights;   ///< a safetensors file, or empty
  double seconds = 0.0;  ///< what it took
};

/// What a cell is known by.
struct CellKey {
  std::string kind;         ///< how it is computed
  int version = 1;          ///< of that algorithm
  nlohmann::json settings;  ///< what determines it
};

/// A cell as it stands in the store.
struct StoredRow {
  std::string experiment;
  CellKey key;
  std::string program;  ///< version of the program that computed it
  StoredCell cell;
};

/// One of `count` equal parts of the cells of every sweep, counted from 0: a job of an array, without
/// messages.
struct Shard {
  std::size_t index = 0;
  std::size_t count = 1;
};

/// The finished cells of sweeps in one SQLite database, a transaction a cell: a process that is killed loses
/// the cells it was at and no other. A cell is known by its kind, the version of the kind's algorithm and
/// its settings; what is there is never computed again. Each has a checksum: one that was damaged on the disk
/// is taken for missing. Safe to use from many threads.
class RunStore {
 public:
  /// Opens or creates the database (WAL). Throws InputError where the file is no store of Digon's, or
  /// one whose cells are keyed in another way.
  explicit RunStore(const std::filesystem::path& file);
  /// The store of one shard. `run` is what all shards of one run share: a store that was begun with another
  /// is refused. Cells in the store `base`, where it exists, are found too; it is only read.
  RunStore(const std::filesystem::path& file, const Shard& shard, const nlohmann::json& run,
           const std::filesystem::path& base);
  RunStore(const RunStore&) = delete;
  RunStore& operator=(const RunStore&) = delete;
  ~RunStore();

  [[nodiscard]] std::optional<StoredCell> find(const CellKey& key) const;
  void put(const std::string& experiment, const CellKey& key, const StoredCell& cell);

  /// Whether a cell that is missing is this store's to compute: those of other shards are not.
  [[nodiscard]] bool computes(const CellKey& key) const;

  /// What the shards of the run share; nothing where the store is no shard's.
  [[nodiscard]] std::optional<nlohmann::json> run() const;

  /// Takes over all cells of another store. Cells that are there already must be the same: throws InputError
  /// naming both files where one is not. Returns how many were new.
  std::size_t merge(const std::filesystem::path& other);

  [[nodiscard]] std::size_t size() const;  ///< cells there are

  /// All cells, or those of one experiment, in the order of their keys. Throws InputError where one is
  /// damaged.
  [[nodiscard]] std::vector<StoredRow> rows(const std::string& experiment = "") const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> database_;
  Shard shard_;
  bool has_base_ = false;
};

}  // namespace digon
