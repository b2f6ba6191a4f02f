#include "sweep/run_store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <stdexcept>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/version.hpp"

namespace digon {
namespace {

constexpr int busy_milliseconds = 60'000;

/// What SQLite says went wrong.
struct StoreFailure : std::runtime_error {
  StoreFailure(int status, const std::string& message) : std::runtime_error(message), code(status & 0xff) {}
  int code;
};

/// SQLite calls a disk that is full an I/O error where it was not writing to the database itself.
std::string reason_of(const std::filesystem::path& file, std::string reason) {
  return is_disk_full(file.parent_path()) ? "database or disk is full" : reason;
}

[[noreturn]] void fail(sqlite3* database, std::string_view what) {
  const std::filesystem::path file = sqlite3_db_filename(database, "main");
  const int status = sqlite3_errcode(database);
  throw StoreFailure(status, fmt::format("run store {}: {}: {}", file.string(), what,
                                         reason_of(file, sqlite3_errmsg(database))));
}

/// Says what is wrong with a store that could not be opened: it is none, or it is damaged, or the disk is
/// full.
[[noreturn]] void refuse(const std::filesystem::path& file, const StoreFailure& failure) {
  const std::string reason = reason_of(file, sqlite3_errstr(failure.code));
  if (failure.code == SQLITE_NOTADB || failure.code == SQLITE_ERROR) {
    reject("{}: is not a run store of Digon", file.string());
  }
  if (failure.code == SQLITE_CORRUPT) {
    reject("{}: is damaged: {}; accepted: a copy of it, or a new folder", file.string(), reason);
  }
  if (failure.code == SQLITE_READONLY || failure.code == SQLITE_CANTOPEN || failure.code == SQLITE_PERM) {
    reject("{}: cannot be written: {}", file.string(), reason);
  }
  throw std::runtime_error(fmt::format("{}: cannot be used: {}", file.string(), reason));
}

void execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(database, sql);
}

/// A prepared statement, its parameters bound in order.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) fail(database, sql);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& bind(const std::string& text) {
    sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
  }
  Statement& bind_blob(const std::string& bytes) {
    sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int value) {
    sqlite3_bind_int(statement_, ++bound_, value);
    return *this;
  }
  Statement& bind(double value) {
    sqlite3_bind_double(statement_, ++bound_, value);
    return *this;
  }
  /// Whether there is a row.
  bool step() {
    const int status = sqlite3_step(statement_);
    if (status != SQLITE_ROW && status != SQLITE_DONE) fail(database_, "step");
    return status == SQLITE_ROW;
  }
  [[nodiscard]] std::string bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return data == nullptr ? std::string()
                           : std::string(data, std::size_t(sqlite3_column_bytes(statement_, column)));
  }
  [[nodiscard]] double number(int column) const { return sqlite3_column_double(statement_, column); }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

/// FNV-1a; two settings of one hash are told apart by their text.
std::string hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("{:016x}", hash);
}

std::string hash_of(const CellKey& key) {
  return hash_of(fmt::format("{}\n{}\n{}", key.kind, key.version, dump_json(key.settings)));
}

/// What a row must hash to: SQLite would give back a number of which a bit was flipped on the disk.
std::string checksum_of(const std::string& experiment, const CellKey& key, const std::string& program,
                        const std::string& result, const std::string& weights, double seconds) {
  return hash_of(fmt::format("{}\n{}\n{}\n{}\n{}\n", experiment, program, result, seconds, hash_of(key)) +
                 weights);
}

/// How a store is laid out, as its user_version says it.
constexpr int layout = 3;

int layout_of(sqlite3* database) {
  Statement select(database, "PRAGMA user_version");
  select.step();
  return int(select.number(0));
}

/// A string of SQL.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

/// A file that is only read, and that no one writes meanwhile: no locks, so that any file system will do.
std::string read_only_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    const bool special = c == '?' || c == '#' || c == '%';
    uri += special ? fmt::format("%{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return uri + "?mode=ro&immutable=1";
}

}  // namespace

void RunStore::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

RunStore::RunStore(const std::filesystem::path& file) : file_(file) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_URI;
  const int status = sqlite3_open_v2(file.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (status != SQLITE_OK) refuse(file, StoreFailure(status, ""));
  sqlite3_busy_timeout(database, busy_milliseconds);
  try {
    execute(database, "PRAGMA journal_mode = WAL");
    execute(database, "PRAGMA synchronous = NORMAL");
    const bool is_new = !Statement(database, "SELECT name FROM sqlite_master WHERE name = 'cells'").step();
    if (!is_new && layout_of(database) != layout) {
      reject("{}: is a run store of another version of Digon; accepted: a new folder, or the file removed",
             file.string());
    }
    execute(
        database,
        "CREATE TABLE IF NOT EXISTS cells (hash TEXT NOT NULL, experiment TEXT NOT NULL, kind TEXT NOT NULL, "
        "version INTEGER NOT NULL, settings TEXT NOT NULL, program TEXT NOT NULL, result TEXT NOT NULL, "
        "weights BLOB NOT NULL, seconds REAL NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (hash, kind, "
        "version, settings))");
    if (is_new) execute(database, fmt::format("PRAGMA user_version = {}", layout).c_str());
    execute(database, "CREATE TABLE IF NOT EXISTS run (description TEXT NOT NULL)");
  } catch (const StoreFailure& failure) {
    refuse(file, failure);
  }
}

RunStore::RunStore(const std::filesystem::path& file, const Shard& shard, const nlohmann::json& run,
                   const std::filesystem::path& base)
    : RunStore(file) {
  shard_ = shard;
  if (const auto known = this->run(); known && *known != run) {
    reject("{}: was begun with other settings, {}; now given {}", file.string(), dump_json(*known),
           dump_json(run));
  } else if (!known) {
    Statement(database_.get(), "INSERT INTO run VALUES (?)").bind(dump_json(run)).step();
  }
  has_base_ = std::filesystem::exists(base);
  if (has_base_) {
    execute(database_.get(), ("ATTACH " + quoted(read_only_uri(base)) + " AS base").c_str());
  }
}

RunStore::~RunStore() = default;

bool RunStore::computes(const CellKey& key) const {
  return std::stoull(hash_of(key), nullptr, 16) % shard_.count == shard_.index;
}

std::optional<nlohmann::json> RunStore::run() const {
  Statement select(database_.get(), "SELECT description FROM main.run");
  if (!select.step()) return std::nullopt;
  return parse_json(select.bytes(0), file_.string());
}

std::size_t RunStore::merge(const std::filesystem::path& other) {
  execute(database_.get(), ("ATTACH " + quoted(other.string()) + " AS other").c_str());
  {
    Statement differs(
        database_.get(),
        "SELECT a.settings FROM main.cells a JOIN other.cells b ON a.hash = b.hash AND a.kind = b.kind AND "
        "a.version = b.version AND a.settings = b.settings WHERE a.result != b.result OR a.weights != "
        "b.weights LIMIT 1");
    if (differs.step()) {
      reject("{}: has another result than {} for the cell {}", other.string(), file_.string(),
             differs.bytes(0));
    }
  }
  execute(database_.get(), "INSERT OR IGNORE INTO main.cells SELECT * FROM other.cells");
  const auto added = std::size_t(sqlite3_changes(database_.get()));
  execute(database_.get(), "DETACH other");
  return added;
}

std::optional<StoredCell> RunStore::find(const CellKey& key) const {
  for (const char* table : {"main", "base"}) {
    if (table == std::string_view("base") && !has_base_) continue;
    Statement select(database_.get(),
                     fmt::format("SELECT result, weights, seconds, experiment, program, checksum FROM "
                                 "{}.cells WHERE hash = ? AND kind = ? AND version = ? AND "
                                 "settings = ?",
                                 table)
                         .c_str());
    select.bind(hash_of(key)).bind(key.kind).bind(key.version).bind(dump_json(key.settings));
    if (!select.step()) continue;
    if (select.bytes(5) == checksum_of(select.bytes(3), key, select.bytes(4), select.bytes(0),
                                       select.bytes(1), select.number(2))) {
      return StoredCell{parse_json(select.bytes(0), file_.string()), select.bytes(1), select.number(2)};
    }
    fmt::print(stderr, "digon: {}: a cell is damaged and taken for missing\n", file_.string());
  }
  return std::nullopt;
}

void RunStore::put(const std::string& experiment, const CellKey& key, const StoredCell& cell) {
  Statement insert(database_.get(), "INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const std::string result = dump_json(cell.result);
  insert.bind(hash_of(key)).bind(experiment).bind(key.kind).bind(key.version);
  insert.bind(dump_json(key.settings)).bind(std::string(version));
  insert.bind(result).bind_blob(cell.weights).bind(cell.seconds);
  insert.bind(checksum_of(experiment, key, std::string(version), result, cell.weights, cell.seconds));
  insert.step();
}

std::size_t RunStore::size() const {
  Statement count(database_.get(), "SELECT count(*) FROM main.cells");
  count.step();
  return std::size_t(count.number(0));
}

std::vector<StoredRow> RunStore::rows(const std::string& experiment) const {
  Statement select(
      database_.get(),
      "SELECT experiment, kind, version, settings, program, result, weights, seconds, checksum FROM cells "
      "WHERE ?1 = '' OR "
      "experiment = ?1 ORDER BY hash");
  select.bind(experiment);
  std::vector<StoredRow> rows;
  while (select.step()) {
    CellKey key{select.bytes(1), int(select.number(2)), parse_json(select.bytes(3), file_.string())};
    const std::string result = select.bytes(5);
    if (select.bytes(8) !=
        checksum_of(select.bytes(0), key, select.bytes(4), result, select.bytes(6), select.number(7))) {
      reject("{}: a cell of '{}' is damaged; the command that computed it computes it again", file_.string(),
             select.bytes(0));
    }
    rows.push_back({select.bytes(0),
                    std::move(key),
                    select.bytes(4),
                    {parse_json(result, file_.string()), select.bytes(6), select.number(7)}});
  }
  return rows;
}

}  // namespace digon
