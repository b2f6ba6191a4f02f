#pragma once

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/atomic_file.hpp"
#include "core/base/json.hpp"

namespace digon {

struct Outcome {
  int status = 0;
  std::string out;
  std::string error;
};

/// Runs the program in a folder of its own shell words.
inline Outcome run_in(const std::filesystem::path& folder, const std::string& words,
                      const std::string& before = "") {
  const std::string out = (folder / "stdout.txt").string();
  const std::string error = (folder / "stderr.txt").string();
  const std::string command = "cd '" + folder.string() + "' && " + before + " " DIGON_PROGRAM " " + words +
                              " >" + out + " 2>" + error;
  const int status = std::system(command.c_str());
  Outcome outcome{WEXITSTATUS(status), read_file(out), read_file(error)};
  std::filesystem::remove(out);
  std::filesystem::remove(error);
  return outcome;
}

/// Shell words to come before the program's: they send it a signal as soon as a file is newer than its start
/// and larger than so many bytes.
inline std::string signalled(const std::string& signal, const std::string& file, int bytes = 0) {
  return fmt::format(
      R"(bash -mc 'touch begun; "$@" & until [ {0} -nt begun ] && [ $(stat -c %s {0}) -gt {1} ] )"
      R"(|| ! kill -0 $!; do sleep 0.01; done; kill -{2} $!; wait $!' bash)",
      file, bytes, signal);
}

inline nlohmann::json json_of(const Outcome& outcome) {
  return parse_json(outcome.out, "the program's output");
}

/// The only object of what was printed.
inline nlohmann::json one_of(const Outcome& outcome) {
  const nlohmann::json all = json_of(outcome);
  REQUIRE(all.size() == 1);
  return all[0];
}

inline std::size_t lines(const std::string& text) {
  return std::size_t(std::count(text.begin(), text.end(), '\n'));
}

/// Exit 2, with one line that says why and nothing else.
inline void check_refused(const std::filesystem::path& folder, const std::string& words,
                          const std::string& reason) {
  const Outcome outcome = run_in(folder, words);
  CAPTURE(words, outcome.error);
  CHECK(outcome.status == 2);
  CHECK(lines(outcome.error) == 1);
  CHECK(outcome.error.find(reason) != std::string::npos);
  CHECK(outcome.out.empty());
}

}  // namespace digon
