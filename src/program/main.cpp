#include <fmt/format.h>
#include <glog/logging.h>

#include <array>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/memory.hpp"
#include "core/base/nearest_name.hpp"
#include "core/base/simd_path.hpp"
#include "core/base/version.hpp"
#include "program/commands/commands.hpp"
#include "program/experiments/catalog.hpp"
#include "sweep/ranks.hpp"

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
    Command{"recover", "what other decoders find in h = Wx, and what the readout leaves in it",
            &digon::run_recover},
    Command{"learning-coefficient", "the local learning coefficient of trained weights, without minibatches",
            &digon::run_learning_coefficient},
    Command{"pack", "unit vectors at the lowest energy: the generalised Thomson problem", &digon::run_pack},
    Command{"phase", "the phase diagram: hand-built candidates and the exact optimum", &digon::run_phase},
    Command{"reproduce", "an experiment of the paper, by name, with theory beside it", &digon::run_reproduce},
    Command{"sweep", "a study of your own: axes, models and figures from a TOML file", &digon::run_sweep},
    Command{"merge", "the cells of sharded runs into one store", &digon::run_merge},
    Command{"export", "the finished cells of sweeps as CSV and safetensors", &digon::run_export},
    Command{"verify", "measure every prediction, and say whether theory and trained models agree",
            &digon::run_verify},
    Command{"report", "one HTML page of the verdict and every figure, or of trained weights",
            &digon::run_report},
};

void print_help() {
  fmt::print(
      "digon: exact theory and trained toy models of superposition\n\nUsage: digon COMMAND [options]\n\n");
  for (const Command& command : commands) fmt::print("  {:<20} {}\n", command.name, command.summary);
  fmt::print(
      "\n'digon COMMAND --help' lists a command's options, with an example; 'digon --man' and 'digon "
      "--bash-completion' print a man page and a completion for bash.\n"
      "Exit status: 0 done, 1 a check failed or the work could not be done, 2 bad input, 130 interrupted.\n");
}

/// The man page, in troff: what --help says, of every command.
void print_man_page() {
  fmt::print(
      ".TH DIGON 1 \"\" \"digon {}\" \"User Commands\"\n.SH NAME\ndigon \\- exact theory and trained toy "
      "models of "
      "superposition\n.SH SYNOPSIS\n.B digon\n.I COMMAND\n[options]\n.SH DESCRIPTION\nDigon evaluates the "
      "loss of toy "
      "models of superposition exactly, trains them, and says how far any trained model is from the best "
      "weights there "
      "are.\n.SH COMMANDS\n",
      digon::version);
  for (const Command& command : commands) command.run({"--help-as=man"});
  fmt::print(
      ".SH EXIT STATUS\n.TP\n.B 0\nDone.\n.TP\n.B 1\nA check failed, or the work could not be done.\n.TP\n.B "
      "2\nBad "
      "input; nothing was written.\n.TP\n.B 130\nInterrupted; finished work is kept.\n");
}

/// A completion for bash: commands, then the options of the command; the experiments of reproduce; else
/// files.
void print_bash_completion() {
  fmt::print(
      "_digon() {{\n  local word=${{COMP_WORDS[COMP_CWORD]}} words=\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n  "
      "  words='");
  for (const Command& command : commands) fmt::print("{} ", command.name);
  fmt::print("--help --version'\n  else\n    case ${{COMP_WORDS[1]}} in\n");
  for (const Command& command : commands) {
    fmt::print("      {}) words='", command.name);
    command.run({"--help-as=words"});
    if (command.name == "reproduce") {
      for (const digon::Experiment* experiment : digon::catalog_of(digon::Suite::empirical)) {
        fmt::print("{} ", experiment->id);
      }
    }
    fmt::print("' ;;\n");
  }
  fmt::print(
      "    esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}}\ncomplete -o default -F "
      "_digon digon\n");
}

int run(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help();
    return 0;
  }
  if (words[0] == "--version") {
    fmt::print("digon {} ({})\n", digon::version, digon::simd_path());
    return 0;
  }
  if (words[0] == "--man") {
    print_man_page();
    return 0;
  }
  if (words[0] == "--bash-completion") {
    print_bash_completion();
    return 0;
  }
  for (const Command& command : commands) {
    if (words[0] == command.name) return command.run({words.begin() + 1, words.end()});
  }
  std::vector<std::string> names;
  for (const Command& command : commands) names.emplace_back(command.name);
  const std::string meant = digon::nearest_name(words[0], names);
  digon::reject("'{}' is not a command{}; 'digon --help' lists them", words[0],
                meant.empty() ? "" : "; did you mean " + meant + "?");
}

/// The exit status of a command, of one that has nothing to say of its interruption too. Output that could
/// not be written, to a full disk, is no success.
int run_interruptibly(const std::vector<std::string>& words) {
  try {
    const int status = run(words);
    std::cout.flush();
    if (std::fflush(stdout) != 0 || !std::cout) throw std::runtime_error("standard output cannot be written");
    return status;
  } catch (const digon::Interrupted&) {
    fmt::print(stderr, "digon: interrupted\n");
    return digon::exit_interrupted;
  }
}

/// The exit status of rank 0: a scheduler's time limit is no failure where the work can be gone on with.
int finish(int status, const std::vector<std::string>& words) {
  if (digon::rank_count() == 1) return status;
  if (const std::string traffic = digon::describe_traffic(); !traffic.empty())
    fmt::print(stderr, "digon: {}\n", traffic);
  if (status != digon::exit_interrupted) return status;
  std::string command;
  for (const std::string& word : words) command += " " + word;
  fmt::print(stderr, "digon: to go on: mpirun -n {}{}\n", digon::rank_count(), command);
  return digon::terminated() ? 0 : status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    digon::require_simd_path();
    FLAGS_minloglevel = google::GLOG_FATAL;  // Ceres' remarks on single steps of its line search
    digon::install_interrupt_handler();
    const digon::Ranks ranks;
    constexpr unsigned patience = 1;  // seconds to an orderly end; ranks have their results to hand over
    if (digon::rank_count() == 1) digon::end_within(patience);
    if (digon::rank_number() > 0) {
      digon::serve_ranks();
      return 0;
    }
    return finish(run_interruptibly({argv + 1, argv + argc}), {argv, argv + argc});
  } catch (const digon::InputError& error) {
    fmt::print(stderr, "digon: {}\n", error.what());
    return digon::exit_bad_input;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "digon: this needs more memory than the {} there are\n",
               digon::text_of_bytes(double(digon::available_memory())));
    return digon::exit_failed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "digon: {}\n", error.what());
    return digon::exit_failed;
  }
}
