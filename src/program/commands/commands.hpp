#pragma once

#include <string>
#include <vector>

namespace digon {

/// The commands of the program; each takes the words after its name and returns the exit status.
int run_train(const std::vector<std::string>& arguments);
int run_loss(const std::vector<std::string>& arguments);
int run_measure(const std::vector<std::string>& arguments);
int run_optimum(const std::vector<std::string>& arguments);
int run_gap(const std::vector<std::string>& arguments);
int run_attack(const std::vector<std::string>& arguments);
int run_export(const std::vector<std::string>& arguments);
int run_merge(const std::vector<std::string>& arguments);
int run_pack(const std::vector<std::string>& arguments);
int run_phase(const std::vector<std::string>& arguments);
int run_learning_coefficient(const std::vector<std::string>& arguments);
int run_recover(const std::vector<std::string>& arguments);
int run_report(const std::vector<std::string>& arguments);
int run_reproduce(const std::vector<std::string>& arguments);
int run_sweep(const std::vector<std::string>& arguments);
int run_verify(const std::vector<std::string>& arguments);

/// Exit statuses beside 0.
inline constexpr int exit_failed = 1;         ///< a check failed, or the work could not be done
inline constexpr int exit_bad_input = 2;      ///< what was given is wrong; nothing was written
inline constexpr int exit_interrupted = 130;  ///< ended early by a signal; finished work is kept

}  // namespace digon
