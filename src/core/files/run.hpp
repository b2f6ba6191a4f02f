#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/files/tensor.hpp"
#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// One toy model and what it was trained on.
struct TrainedModel {
  ToyModel model;
  FeatureDistribution features;
  std::uint64_t seed = 0;  ///< of this instance alone: it and the shape fix the start and every sample
};

/// The results of a run: its models, and what made them.
struct Run {
  std::string command;                  ///< e.g. "train", "reproduce intro"
  nlohmann::json settings;              ///< all that determines the result, the seed included
  std::vector<TrainedModel> models;     ///< one an instance; all of one n and m
  std::vector<std::size_t> steps_done;  ///< optimiser steps taken, one an instance
  bool complete = true;                 ///< false where a signal ended it early
  double seconds = 0.0;                 ///< wall-clock training time
};

/// Writes folder/weights.safetensors and folder/run.json, each whole or not at all.
///
/// weights.safetensors: `W` [instances, n, m] and `b_final` [instances, n], float32 as trained, in the layout
/// of Anthropic's public notebook, and `W_out` [instances, n, m] of untied models; metadata `instances` holds
/// each one's kind, seed, density, importance and law of its features as JSON. run.json: command, settings,
/// version, steps, completeness and timings.
void save_run(const std::filesystem::path& folder, const Run& run);

/// Reads what save_run wrote. Throws InputError where a file is missing or wrong.
Run load_run(const std::filesystem::path& folder);

/// The metadata of a file of Digon's own, by which load_models knows it: an account of each instance.
std::map<std::string, std::string> own_metadata(const std::vector<TrainedModel>& instances);

/// Models as the bytes of a safetensors file, in the layout of save_run; all of one n, m and kind of tying.
std::string serialize_models(const std::vector<TrainedModel>& models,
                             StoredType stored_as = StoredType::float32);

/// Where a model was put.
struct StoredPlace {
  std::string file;
  std::size_t instance = 0;
};

/// Writes models of any shapes: all into folder/STEM.safetensors, or where they are of several n, m a file of
/// each, STEM-N-M.safetensors, and of untied ones STEM-N-M-untied.safetensors. Returns the place of each.
std::vector<StoredPlace> save_models(const std::filesystem::path& folder, const std::string& stem,
                                     const std::vector<TrainedModel>& models,
                                     StoredType stored_as = StoredType::float32);

}  // namespace digon
