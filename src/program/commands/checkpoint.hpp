#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "empirical/training/training.hpp"

namespace digon {

/// An unfinished training in a folder: the words that started it and the state of each instance.
struct Checkpoint {
  std::vector<std::string> arguments;  ///< of `digon train`
  std::vector<TrainingState> states;
};

/// folder/checkpoint.safetensors, float64: `parameters`, `optimizer_first`, `optimizer_second` [instances,
/// parameters], `counters` [instances, 10], `loss_history` [instances, entries] and `snapshots` [instances,
/// snapshots × parameters]; metadata `arguments` as JSON and `checksum` of all of it. Throws InputError where
/// it is missing, wrong or damaged.
Checkpoint load_checkpoint(const std::filesystem::path& folder);

/// Keeps the states of a training and writes them every few seconds, each file whole or not at all: a process
/// that is killed loses no more than that. Safe to save from many threads.
class CheckpointWriter {
 public:
  /// Writes at most once every `interval` seconds.
  CheckpointWriter(std::filesystem::path folder, Checkpoint start, double interval);

  /// One that cannot be written, to a full disk, is said once: the training goes on.
  void save(std::size_t instance, const TrainingState& state);
  void write() const;
  /// The training is finished: there is nothing to go on from.
  void remove() const;

 private:
  std::filesystem::path folder_;
  Checkpoint checkpoint_;
  std::chrono::duration<double> interval_;
  std::chrono::steady_clock::time_point written_;
  bool failed_ = false;
  mutable std::mutex mutex_;
};

}  // namespace digon
