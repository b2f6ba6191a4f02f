#include "core/base/progress.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "core/base/atomic_file.hpp"
#include "tests/temporary_folder.hpp"

namespace {

using namespace digon;
using namespace std::chrono_literals;

/// What some work writes to standard error, which is a file meanwhile.
std::string said_by(const std::function<void()>& work) {
  const TemporaryFolder folder;
  const std::string log = (folder.path() / "log").string();
  std::fflush(stderr);
  const int standard_error = ::dup(STDERR_FILENO);
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(file, STDERR_FILENO);
  work();
  std::fflush(stderr);
  ::dup2(standard_error, STDERR_FILENO);
  ::close(standard_error);
  ::close(file);
  return read_file(log);
}

std::string progress_of(std::chrono::milliseconds log_every) {
  return said_by([log_every] {
    Progress progress("work", 4, log_every);
    std::this_thread::sleep_for(25ms);
    progress.advance(1);
    progress.note("lowest 3");
    std::this_thread::sleep_for(50ms);
  });
}

}  // namespace

TEST_CASE("progress in a log: a line as often as asked, whether or not anything advances; silenced, none") {
  const std::string log = progress_of(10ms);
  CAPTURE(log);
  CHECK(log.find("digon: after 00:00:00: work: 0%  ETA unknown\n") == 0);
  CHECK(log.find("digon: after 00:00:00: work: 25%  ETA 00:00:00  lowest 3\n") != std::string::npos);
  CHECK(std::count(log.begin(), log.end(), '\n') >= 3);
  CHECK(progress_of(1h).empty());
  silence_progress();
  CHECK(progress_of(10ms).empty());
}
