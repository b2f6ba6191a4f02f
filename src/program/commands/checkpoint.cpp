#include "program/commands/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/files/safetensors.hpp"

namespace digon {
namespace {

using nlohmann::json;

/// Steps done, β₁ᵗ, β₂ᵗ, loss sum, entries of the history, step of divergence or −1, lowest loss of the early
/// stop or −1, intervals since, whether it has stopped, snapshots.
constexpr std::size_t counters = 10;

std::filesystem::path file_in(const std::filesystem::path& folder) {
  return folder / "checkpoint.safetensors";
}

/// One row an instance, all as long as the longest; a fresh start has none.
template <typename RowOf>
Tensor stack(const std::vector<TrainingState>& states, StoredType type, RowOf row_of) {
  std::size_t width = 0;
  for (const TrainingState& state : states) width = std::max(width, std::size_t(row_of(state).size()));
  Tensor tensor{{states.size(), width}, std::vector<double>(states.size() * width, 0.0), type};
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto& row = row_of(states[i]);
    std::copy(row.begin(), row.end(), tensor.values.begin() + std::ptrdiff_t(i * width));
  }
  return tensor;
}

const Tensor& tensor_of(const Safetensors& file, const std::string& name, std::size_t instances) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end() || found->second.shape.size() != 2 || found->second.shape[0] != instances) {
    reject("checkpoint: '{}' is missing or of the wrong shape", name);
  }
  return found->second;
}

Eigen::VectorXd row(const Tensor& tensor, std::size_t i) {
  const auto width = Eigen::Index(tensor.shape[1]);
  return Eigen::Map<const Eigen::VectorXd>(tensor.values.data() + Eigen::Index(i) * width, width);
}

/// All snapshots of an instance, one after the other.
Eigen::VectorXd flatten(const std::vector<Eigen::VectorXd>& snapshots) {
  if (snapshots.empty()) return {};
  const Eigen::Index size = snapshots.front().size();
  Eigen::VectorXd all(Eigen::Index(snapshots.size()) * size);
  for (std::size_t k = 0; k < snapshots.size(); ++k) all.segment(Eigen::Index(k) * size, size) = snapshots[k];
  return all;
}

/// FNV-1a of the arguments, shapes and numbers: one flipped bit would be another training.
std::string checksum_of(const Safetensors& file) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&](const void* data, std::size_t size) {
    for (std::size_t k = 0; k < size; ++k)
      hash = (hash ^ static_cast<const unsigned char*>(data)[k]) * 0x100000001b3U;
  };
  const std::string& arguments = file.metadata.at("arguments");
  add(arguments.data(), arguments.size());
  for (const auto& [name, tensor] : file.tensors) {
    add(name.data(), name.size());
    add(tensor.shape.data(), tensor.shape.size() * sizeof tensor.shape[0]);
    add(tensor.values.data(), tensor.values.size() * sizeof tensor.values[0]);
  }
  return fmt::format("{:016x}", hash);
}

void require_sound(const Safetensors& file, const std::filesystem::path& path) {
  const auto found = file.metadata.find("checksum");
  if (!file.metadata.contains("arguments") || found == file.metadata.end() ||
      found->second != checksum_of(file)) {
    reject("{}: is damaged, or no checkpoint of this version of Digon; 'digon train --overwrite' begins anew",
           path.string());
  }
}

}  // namespace

Checkpoint load_checkpoint(const std::filesystem::path& folder) {
  const std::filesystem::path path = file_in(folder);
  const Safetensors file = parse_safetensors(read_file(path), path.string());
  require_sound(file, path);
  Checkpoint checkpoint;
  try {
    checkpoint.arguments =
        parse_json(file.metadata.at("arguments"), "arguments").get<std::vector<std::string>>();
  } catch (const std::exception&) {
    reject("{}: no arguments of a training in it", path.string());
  }
  const auto found = file.tensors.find("counters");
  const std::size_t instances = found == file.tensors.end() ? 0 : found->second.shape[0];
  const Tensor& numbers = tensor_of(file, "counters", instances);
  if (numbers.shape[1] != counters) reject("{}: 'counters' is of the wrong shape", path.string());
  const Tensor& parameters = tensor_of(file, "parameters", instances);
  const Tensor& first = tensor_of(file, "optimizer_first", instances);
  const Tensor& second = tensor_of(file, "optimizer_second", instances);
  const Tensor& history = tensor_of(file, "loss_history", instances);
  const Tensor& snapshots = tensor_of(file, "snapshots", instances);
  for (std::size_t i = 0; i < instances; ++i) {
    TrainingState& state = checkpoint.states.emplace_back();
    const double* number = numbers.values.data() + i * counters;
    if (!(number[0] > 0.0) && !(number[5] >= 0.0)) continue;  // not begun
    state.parameters = row(parameters, i);
    state.optimizer = {row(first, i).array(), row(second, i).array(), number[1], number[2]};
    state.steps_done = std::size_t(number[0]);
    state.loss_sum = number[3];
    const auto entries = std::size_t(std::clamp(number[4], 0.0, double(history.shape[1])));
    const auto begin = history.values.begin() + std::ptrdiff_t(i * history.shape[1]);
    state.loss_history.assign(begin, begin + std::ptrdiff_t(entries));
    if (number[5] >= 0.0) state.diverged_at = std::size_t(number[5]);
    if (number[6] >= 0.0) state.lowest = number[6];
    state.intervals_since_lowest = std::size_t(number[7]);
    state.stopped_early = number[8] != 0.0;
    const Eigen::VectorXd kept = row(snapshots, i);
    const Eigen::Index size = state.parameters.size();
    for (Eigen::Index k = 0; k < Eigen::Index(number[9]) && (k + 1) * size <= kept.size(); ++k) {
      state.snapshots.emplace_back(kept.segment(k * size, size));
    }
  }
  return checkpoint;
}

CheckpointWriter::CheckpointWriter(std::filesystem::path folder, Checkpoint start, double interval)
    : folder_(std::move(folder)),
      checkpoint_(std::move(start)),
      interval_(interval),
      written_(std::chrono::steady_clock::now()) {}

void CheckpointWriter::save(std::size_t instance, const TrainingState& state) {
  const std::lock_guard lock(mutex_);
  checkpoint_.states.at(instance) = state;
  if (std::chrono::steady_clock::now() - written_ < interval_) return;
  try {
    write();
  } catch (const std::runtime_error& error) {
    if (!failed_) fmt::print(stderr, "digon: no checkpoint: {}; the training goes on\n", error.what());
    failed_ = true;
  }
  written_ = std::chrono::steady_clock::now();
}

void CheckpointWriter::write() const {
  const std::vector<TrainingState>& states = checkpoint_.states;
  Safetensors file;
  file.metadata["arguments"] = dump_json(checkpoint_.arguments);
  file.tensors["parameters"] = stack(
      states, StoredType::float64,
      [](const TrainingState& state) -> const auto& { return state.parameters; });
  file.tensors["optimizer_first"] = stack(
      states, StoredType::float64,
      [](const TrainingState& state) -> const auto& { return state.optimizer.first; });
  file.tensors["optimizer_second"] = stack(
      states, StoredType::float64,
      [](const TrainingState& state) -> const auto& { return state.optimizer.second; });
  file.tensors["loss_history"] = stack(
      states, StoredType::float64,
      [](const TrainingState& state) -> const auto& { return state.loss_history; });
  file.tensors["snapshots"] =
      stack(states, StoredType::float64, [](const TrainingState& state) { return flatten(state.snapshots); });
  file.tensors["counters"] = stack(states, StoredType::float64, [](const TrainingState& state) {
    return std::vector<double>{
        double(state.steps_done),          state.optimizer.beta1_power,
        state.optimizer.beta2_power,       state.loss_sum,
        double(state.loss_history.size()), state.diverged_at ? double(*state.diverged_at) : -1.0,
        state.lowest.value_or(-1.0),       double(state.intervals_since_lowest),
        state.stopped_early ? 1.0 : 0.0,   double(state.snapshots.size())};
  });
  file.metadata["checksum"] = checksum_of(file);
  write_file_atomically(file_in(folder_), serialize(file));
}

void CheckpointWriter::remove() const {
  std::filesystem::remove(file_in(folder_));
}

}  // namespace digon
