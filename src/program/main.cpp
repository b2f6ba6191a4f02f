#include <fmt/format.h>
#include <glog/logging.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "core/input_error.hpp"
#include "core/interrupt.hpp"
#include "core/version.hpp"
#include "program/commands.hpp"

namespace {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const std::vector<std::string>&);
};

constexpr std::array commands{
    Command{"train", "train toy models on sparse synthetic features", &digon::run_train},
    Command{"loss", "the exact loss of trained weights, and its decomposition by active features",
            &digon::run_loss},
    Command{"measure", "norms, superposition and feature dimensionality of trained weights",
            &digon::run_measure},
    Command{"optimum", "the lowest loss any model can have, and the other local minima", &digon::run_optimum},
    Command{"gap", "how far trained weights are from the true optimum", &digon::run_gap},
    Command{"attack", "how much an adversarial attack raises the loss of trained weights",
            &digon::run_attack},
    Command{"pack", "unit vectors at the lowest energy: the generalised Thomson problem", &digon::run_pack},
    Command{"phase", "the phase diagram: hand-built candidates and the exact optimum", &digon::run_phase},
    Command{"reproduce", "an experiment of the paper, by name, with theory beside it", &digon::run_reproduce},
    Command{"export", "the finished cells of sweeps as CSV and safetensors", &digon::run_export},
    Command{"verify", "run what is missing and say whether theory and trained models agree",
            &digon::run_verify},
};

void print_help() {
  fmt::print(
      "digon: exact theory and trained toy models of superposition\n\nUsage: digon COMMAND [options]\n\n");
  for (const Command& command : commands) fmt::print("  {:<10} {}\n", command.name, command.summary);
  fmt::print(
      "\n'digon COMMAND --help' lists a command's options, with an example.\n"
      "Exit status: 0 done, 1 a check failed or the work could not be done, 2 bad input, 130 interrupted.\n");
}

int run(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help();
    return 0;
  }
  if (words[0] == "--version") {
    fmt::print("digon {}\n", digon::version);
    return 0;
  }
  for (const Command& command : commands) {
    if (words[0] == command.name) return command.run({words.begin() + 1, words.end()});
  }
  digon::reject("'{}' is not a command; 'digon --help' lists them", words[0]);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    FLAGS_minloglevel = google::GLOG_FATAL;  // Ceres' remarks on single steps of its line search
    digon::install_interrupt_handler();
    return run({argv + 1, argv + argc});
  } catch (const digon::InputError& error) {
    fmt::print(stderr, "digon: {}\n", error.what());
    return digon::exit_bad_input;
  } catch (const std::exception& error) {
    fmt::print(stderr, "digon: {}\n", error.what());
    return digon::exit_failed;
  }
}
