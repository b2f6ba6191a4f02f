#include "program/commands/model_answer.hpp"

#include <fmt/format.h>

#include "core/base/json.hpp"
#include "core/base/parse_number.hpp"
#include "core/model/feature_description.hpp"

namespace digon {

using nlohmann::json;

json model_answer(const LoadedModel& model, const FeatureDistribution* features) {
  json answer = {{"instance", model.instance}, {"kind", name_of(model.model.kind)}, {"why", json::object()}};
  if (model.step) {
    answer["step"] = *model.step;
  } else {
    leave_out(answer, {"step"}, "not a snapshot");
  }
  if (features == nullptr) {
    leave_out(answer, {"law", "density", "importance", "values", "sets", "active", "data"},
              "neither the file nor the options say the law");
    return answer;
  }
  answer.update(to_json(*features));
  answer["law"] = describe_law(*features);
  for (json& set : answer["sets"]) set.emplace("correlation", 1.0);
  if (!features->active) leave_out(answer, {"active"}, "not a fixed number of features is active");
  if (!features->data) leave_out(answer, {"data"}, "the law is not that of samples");
  return answer;
}

void leave_out(json& answer, std::initializer_list<const char*> keys, const std::string& why) {
  for (const char* key : keys) {
    answer[key] = nullptr;
    answer["why"][key] = why;
  }
}

json rows_of(const Table& table) {
  json rows = json::array();
  for (const std::vector<std::string>& row : table.rows) {
    json object;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::optional<double> number = parse_number(row[c]);
      object[table.columns[c]] = number ? json(*number) : row[c].empty() ? json() : json(row[c]);
    }
    rows.push_back(std::move(object));
  }
  return rows;
}

void print_answers(const json& answers) {
  fmt::print("{}\n", dump_json(answers));
}

}  // namespace digon
