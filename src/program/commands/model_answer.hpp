#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/files/model_file.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_distribution.hpp"

namespace digon {

// What --json prints, which docs/json.md describes key by key: an array, one object a model, whose keys are
// the same whatever the model and the law. What has no value there is null, and `why` says why.

/// What every object begins with: instance, step, kind and the whole law, null without `features`.
nlohmann::json model_answer(const LoadedModel& model, const FeatureDistribution* features);

/// Sets keys to null, and why in the object's `why`.
void leave_out(nlohmann::json& answer, std::initializer_list<const char*> keys, const std::string& why);

/// A table's rows as objects whose keys are its columns: numbers as numbers, null where there is nothing.
nlohmann::json rows_of(const Table& table);

/// Prints the array.
void print_answers(const nlohmann::json& answers);

}  // namespace digon
