#include "core/run_store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <stdexcept>

#include "core/input_error.hpp"
#include "core/version.hpp"

namespace digon {
namespace {

constexpr int busy_milliseconds = 60'000;

[[noreturn]] void fail(sqlite3* database, std::string_view what) {
  throw std::runtime_error(fmt::format("run store: {}: {}", what, sqlite3_errmsg(database)));
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

std::string key_text(const nlohmann::json& settings) {
  return std::string(version) + "\n" + settings.dump();
}

}  // namespace

void RunStore::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

RunStore::RunStore(const std::filesystem::path& file) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  const int status = sqlite3_open_v2(file.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (status != SQLITE_OK) reject("{}: cannot be opened as a run store", file.string());
  sqlite3_busy_timeout(database, busy_milliseconds);
  try {
    execute(database, "PRAGMA journal_mode = WAL");
    execute(database, "PRAGMA synchronous = NORMAL");
    execute(
        database,
        "CREATE TABLE IF NOT EXISTS cells (key TEXT NOT NULL, experiment TEXT NOT NULL, settings TEXT NOT "
        "NULL, version TEXT NOT NULL, result TEXT NOT NULL, weights BLOB NOT NULL, seconds REAL NOT NULL, "
        "PRIMARY KEY (key, settings))");
  } catch (const std::runtime_error&) {
    reject("{}: is not a run store of Digon", file.string());
  }
}

RunStore::~RunStore() = default;

std::optional<StoredCell> RunStore::find(const nlohmann::json& settings) const {
  Statement select(database_.get(),
                   "SELECT result, weights, seconds FROM cells WHERE key = ? AND settings = ?");
  select.bind(hash_of(key_text(settings))).bind(settings.dump());
  if (!select.step()) return std::nullopt;
  return StoredCell{nlohmann::json::parse(select.bytes(0)), select.bytes(1), select.number(2)};
}

void RunStore::put(const std::string& experiment, const nlohmann::json& settings, const StoredCell& cell) {
  Statement insert(database_.get(), "INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.bind(hash_of(key_text(settings))).bind(experiment).bind(settings.dump()).bind(std::string(version));
  insert.bind(cell.result.dump()).bind_blob(cell.weights).bind(cell.seconds);
  insert.step();
}

std::vector<StoredRow> RunStore::rows(const std::string& experiment) const {
  Statement select(
      database_.get(),
      "SELECT experiment, settings, version, result, weights, seconds FROM cells WHERE ?1 = '' OR "
      "experiment = ?1 ORDER BY key");
  select.bind(experiment);
  std::vector<StoredRow> rows;
  while (select.step()) {
    rows.push_back({select.bytes(0),
                    nlohmann::json::parse(select.bytes(1)),
                    select.bytes(2),
                    {nlohmann::json::parse(select.bytes(3)), select.bytes(4), select.number(5)}});
  }
  return rows;
}

}  // namespace digon
