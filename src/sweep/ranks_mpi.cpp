// Self-scheduling over MPI. Only the main thread of a rank speaks MPI; others compute.
//
// From rank 0 to the others:
//   threads: how many to compute on
//   tasks: [[k, kind, settings, given], …]
//   stop
// From the others to rank 0:
//   ready: how many threads that came to
//   results: [[k, result, weights, seconds], …]
//   failed: why
//   leaving: a signal came
//
// Messages are CBOR, in which doubles keep every bit. Sends never block: two ranks that wait for each other
// to receive would wait for ever.
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "sweep/ranks.hpp"

namespace digon {
namespace {

using nlohmann::json;
using Bytes = std::vector<std::uint8_t>;

enum Tag { tag_threads = 1, tag_tasks, tag_stop, tag_ready, tag_results, tag_failed, tag_leaving };

constexpr auto shortest_wait = std::chrono::microseconds(50);
constexpr auto longest_wait = std::chrono::milliseconds(1);

/// Tasks a thread may be given at a time, at most: a batch of the smallest cells is then a few hundred
/// kilobytes.
constexpr std::size_t most_tasks_a_thread = 64;

/// With this many ranks rank 0 only hands out work; its one core would be more missed by the others.
constexpr int ranks_without_rank_0 = 64;

/// What rank 0 has sent and received, and for what.
struct Traffic {
  std::size_t cells = 0;      ///< in all
  std::size_t elsewhere = 0;  ///< computed by the other ranks
  std::size_t messages = 0;
  std::size_t bytes = 0;
};
Traffic traffic;

bool joined = false;

int size_of_world() {
  int size = 1;
  if (joined) MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

struct Message {
  int from = 0;
  int tag = 0;
  Bytes bytes;
};

/// The next message that has arrived, if there is one.
std::optional<Message> receive() {
  int arrived = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &arrived, &status);
  if (arrived == 0) return std::nullopt;
  int size = 0;
  MPI_Get_count(&status, MPI_BYTE, &size);
  Message message{status.MPI_SOURCE, status.MPI_TAG, Bytes(std::size_t(size))};
  MPI_Recv(message.bytes.data(), size, MPI_BYTE, message.from, message.tag, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  ++traffic.messages;
  traffic.bytes += message.bytes.size();
  return message;
}

/// Sends under way, with what they send.
class Outgoing {
 public:
  void send(int to, Tag tag, const json& content) {
    Sending& sending = sendings_.emplace_back();
    sending.bytes = json::to_cbor(content);
    MPI_Isend(sending.bytes.data(), int(sending.bytes.size()), MPI_BYTE, to, tag, MPI_COMM_WORLD,
              &sending.request);
    ++traffic.messages;
    traffic.bytes += sending.bytes.size();
  }
  /// Forgets those that have arrived.
  void advance() {
    sendings_.remove_if([](Sending& sending) {
      int arrived = 0;
      MPI_Test(&sending.request, &arrived, MPI_STATUS_IGNORE);
      return arrived != 0;
    });
  }
  /// Gives them so long to arrive.
  void finish(std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (advance(); !sendings_.empty() && std::chrono::steady_clock::now() < end; advance()) {
      std::this_thread::sleep_for(shortest_wait);
    }
  }

 private:
  struct Sending {
    Bytes bytes;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  std::list<Sending> sendings_;
};

json binary(const std::string& text) {
  return json::binary(Bytes(text.begin(), text.end()));
}
std::string text_of(const json& bytes) {
  const Bytes& raw = bytes.get_binary();
  return {raw.begin(), raw.end()};
}

std::size_t threads_here(std::size_t asked) {
  return asked > 0 ? asked : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// Threads that take numbered cells and compute them, until there are none to take. The first exception is
/// kept.
class Computing {
 public:
  using Take = std::function<std::optional<std::pair<std::size_t, SweepCell>>()>;
  using Finished = std::function<void(std::size_t, StoredCell)>;

  Computing(std::size_t threads, Take take, Finished finished)
      : take_(std::move(take)), finished_(std::move(finished)) {
    for (std::size_t t = 0; t < threads; ++t) {
      threads_.emplace_back([this] { run(); });
    }
  }
  Computing(const Computing&) = delete;
  Computing& operator=(const Computing&) = delete;
  ~Computing() { join(); }

  void join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  [[nodiscard]] std::string failure() {
    const std::scoped_lock lock(mutex_);
    return failure_;
  }

 private:
  void run() {
    try {
      while (auto next = take_()) {
        StoredCell cell;
        parallel_for(1, 1, [&](std::size_t) {  // what a cell shares with idle threads has this one alone
          cell = next->second.kind->compute(next->second.settings, next->second.given);
        });
        if (interrupted()) return;  // what was cut short is no result
        finished_(next->first, std::move(cell));
      }
    } catch (const std::exception& error) {
      const std::scoped_lock lock(mutex_);
      failure_ = error.what();
    }
  }

  Take take_;
  Finished finished_;
  std::mutex mutex_;
  std::string failure_;
  std::vector<std::thread> threads_;
};

/// Waits a little, longer the longer nothing happened.
class Patience {
 public:
  void reset() { wait_ = shortest_wait; }
  [[nodiscard]] std::chrono::microseconds next() {
    const auto now = wait_;
    wait_ = std::min<std::chrono::microseconds>(2 * wait_, longest_wait);
    return now;
  }

 private:
  std::chrono::microseconds wait_ = shortest_wait;
};

/// The cells of one call, as rank 0 hands them out.
class Dispatch {
 public:
  Dispatch(const std::vector<SweepCell>& cells, std::size_t threads,
           const std::function<void(std::size_t, StoredCell)>& finished)
      : cells_(cells), finished_(finished), slots_(std::size_t(rank_count())), under_way_(slots_.size()) {
    for (int rank = 1; rank < rank_count(); ++rank) outgoing_.send(rank, tag_threads, threads);
  }

  void run(std::size_t own_threads) {
    slots_[0] = own_threads;
    Computing computing(
        own_threads, [this] { return take_own(); },
        [this](std::size_t k, StoredCell cell) {
          finished_(k, std::move(cell));
          ++done_;
        });
    Patience patience;
    while (done_ < cells_.size() && !interrupted() && failure_.empty()) {
      outgoing_.advance();
      if (const auto message = receive()) {
        handle(*message);
        patience.reset();
      } else {
        std::this_thread::sleep_for(patience.next());
      }
      if (failure_.empty()) failure_ = computing.failure();
    }
    if (!failure_.empty()) request_interrupt();  // or the threads here would go on
    computing.join();
    if (interrupted()) take_arrived();
    // mpirun gives the others a second to end when one has died, and to that one nothing arrives any more.
    outgoing_.finish(std::chrono::milliseconds(interrupted() ? 50 : 1000));
    traffic.cells += done_;
    if (!failure_.empty()) throw std::runtime_error(failure_);
  }

 private:
  std::optional<std::pair<std::size_t, SweepCell>> take_own() {
    const std::scoped_lock lock(mutex_);
    if (next_ == cells_.size() || interrupted()) return std::nullopt;
    const std::size_t k = next_++;
    return std::pair(k, cells_[k]);
  }

  void handle(const Message& message) {
    const auto from = std::size_t(message.from);
    switch (message.tag) {
      case tag_ready:
        slots_[from] = json::from_cbor(message.bytes).get<std::size_t>();
        break;
      case tag_results:
        take_results(message);
        break;
      case tag_failed:
        failure_ = fmt::format("rank {}: {}", from, json::from_cbor(message.bytes).get<std::string>());
        return;
      case tag_leaving:
        request_interrupt();
        return;
      default:
        throw std::logic_error("rank 0 got a message it does not know");
    }
    hand_out(from);
  }

  void take_results(const Message& message) {
    for (const json& entry : json::from_cbor(message.bytes)) {
      finished_(entry.at(0).get<std::size_t>(),
                {entry.at(1), text_of(entry.at(2)), entry.at(3).get<double>()});
      --under_way_[std::size_t(message.from)];
      ++traffic.elsewhere;
      ++done_;
    }
  }

  /// After an interruption: results that were on their way are not lost.
  void take_arrived() {
    while (const auto message = receive()) {
      if (message->tag == tag_results) take_results(*message);
    }
  }

  /// Half of a rank's fair share of what is left, no less than a cell a thread; while there is plenty, a rank
  /// always has another cell for each thread waiting.
  void hand_out(std::size_t rank) {
    const std::scoped_lock lock(mutex_);
    std::size_t all_slots = 0;
    for (const std::size_t slots : slots_) all_slots += slots;
    const std::size_t left = cells_.size() - next_;
    const bool plenty = left > 2 * all_slots;
    const std::size_t slots = slots_[rank];
    const std::size_t enough = plenty ? 2 * slots : slots;
    if (left == 0 || under_way_[rank] >= enough) return;
    const std::size_t share = left * slots / (2 * all_slots);
    const std::size_t count =
        std::min({left, std::max(enough - under_way_[rank], share), most_tasks_a_thread * slots});
    json tasks = json::array();
    for (std::size_t i = 0; i < count; ++i) {
      const SweepCell& cell = cells_[next_];
      tasks.push_back({next_, cell.kind->name(), cell.settings, binary(cell.given)});
      ++next_;
    }
    under_way_[rank] += count;
    outgoing_.send(int(rank), tag_tasks, tasks);
  }

  const std::vector<SweepCell>& cells_;
  const std::function<void(std::size_t, StoredCell)>& finished_;
  Outgoing outgoing_;
  std::mutex mutex_;
  std::size_t next_ = 0;                // under the mutex
  std::vector<std::size_t> slots_;      // threads of each rank
  std::vector<std::size_t> under_way_;  // cells given to each rank and not yet returned
  std::atomic<std::size_t> done_ = 0;
  std::string failure_;
};

/// A rank other than 0: its tasks, the threads that compute them, and the results to be sent.
class Server {
 public:
  void run() {
    Patience patience;
    while (!stopped_) {
      outgoing_.advance();
      bool idle = true;
      while (const auto message = receive()) {
        handle(*message);
        idle = false;
      }
      idle = !send_results() && idle;
      if (interrupted() && !left_) {
        left_ = true;
        outgoing_.send(0, tag_leaving, nullptr);
      }
      if (computing_ && !failed_ && !computing_->failure().empty()) {
        failed_ = true;
        outgoing_.send(0, tag_failed, computing_->failure());
      }
      if (idle) {
        std::unique_lock lock(mutex_);
        result_.wait_for(lock, patience.next(), [this] { return !results_.empty(); });
      } else {
        patience.reset();
      }
    }
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    request_interrupt();
    task_.notify_all();
    computing_.reset();
    outgoing_.finish(std::chrono::seconds(1));
  }

 private:
  void handle(const Message& message) {
    if (message.tag == tag_stop) {
      stopped_ = true;
    } else if (message.tag == tag_threads) {
      const std::size_t threads = threads_here(json::from_cbor(message.bytes).get<std::size_t>());
      if (!computing_) start(threads);
      outgoing_.send(0, tag_ready, threads);
    } else if (message.tag == tag_tasks) {
      const json tasks = json::from_cbor(message.bytes);
      const std::scoped_lock lock(mutex_);
      for (const json& task : tasks) {
        tasks_.emplace_back(
            task.at(0).get<std::size_t>(),
            SweepCell{&find_cell_kind(task.at(1).get<std::string>()), task.at(2), text_of(task.at(3))});
      }
      task_.notify_all();
    }
  }

  void start(std::size_t threads) {
    computing_.emplace(
        threads, [this] { return take(); },
        [this](std::size_t k, StoredCell cell) {
          const std::scoped_lock lock(mutex_);
          results_.push_back({k, std::move(cell.result), binary(cell.weights), cell.seconds});
          result_.notify_one();
        });
  }

  std::optional<std::pair<std::size_t, SweepCell>> take() {
    std::unique_lock lock(mutex_);
    task_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
    if (closed_) return std::nullopt;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

  /// Sends what is finished, at once: a rank that dies takes with it only what it was computing.
  bool send_results() {
    json results = json::array();
    {
      const std::scoped_lock lock(mutex_);
      results.swap(results_);
    }
    if (results.empty()) return false;
    outgoing_.send(0, tag_results, results);
    return true;
  }

  Outgoing outgoing_;
  std::mutex mutex_;
  std::condition_variable task_;
  std::condition_variable result_;
  std::deque<std::pair<std::size_t, SweepCell>> tasks_;
  json results_ = json::array();
  bool closed_ = false;
  bool stopped_ = false;
  bool left_ = false;
  bool failed_ = false;
  std::optional<Computing> computing_;
};

}  // namespace

Ranks::Ranks() {
  // A process of its own need not pay for MPI's start.
  const bool started_together = std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr ||
                                std::getenv("PMI_SIZE") != nullptr || std::getenv("PMIX_RANK") != nullptr;
  if (!started_together) return;
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  joined = true;
}

Ranks::~Ranks() {
  if (!joined) return;
  if (rank_number() == 0) {
    Outgoing outgoing;
    for (int rank = 1; rank < rank_count(); ++rank) outgoing.send(rank, tag_stop, nullptr);
    // A last word of theirs may be on its way, and must be received before the end.
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    while (std::chrono::steady_clock::now() < end) {
      outgoing.advance();
      if (!receive()) std::this_thread::sleep_for(longest_wait);
    }
    outgoing.finish(std::chrono::seconds(1));
  }
  MPI_Finalize();
}

int rank_number() {
  int rank = 0;
  if (joined) MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int rank_count() {
  static const int count = size_of_world();
  return count;
}

void serve_ranks() {
  Server().run();
}

void compute_on_ranks(const std::vector<SweepCell>& cells, std::size_t threads,
                      const std::function<void(std::size_t, StoredCell)>& finished) {
  const std::size_t own = rank_count() < ranks_without_rank_0 ? threads_here(threads) : 0;
  Dispatch(cells, threads, finished).run(own);
}

std::string describe_traffic() {
  if (traffic.cells == 0) return "";
  const double elsewhere = std::max(1.0, double(traffic.elsewhere));
  return fmt::format(
      "{} ranks computed {} cells, {} of them not on rank 0: {:.2f} messages and {:.0f} bytes for each of "
      "those",
      rank_count(), traffic.cells, traffic.elsewhere, double(traffic.messages) / elsewhere,
      double(traffic.bytes) / elsewhere);
}

}  // namespace digon
