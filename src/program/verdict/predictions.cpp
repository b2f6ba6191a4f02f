#include "program/verdict/predictions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"

namespace digon {

namespace tables {
extern const std::string_view predictions;  // generated from paper_refs/predictions.json
}  // namespace tables

namespace {

using nlohmann::json;

/// "expected" is a number with a "tolerance", a name, or {"at_least": x}, {"at_most": x}, {"between": [x,
/// y]}.
void read_expected(const json& entry, Prediction& prediction) {
  const json& expected = entry.at("expected");
  if (expected.is_string()) {
    prediction.name = prediction.expected = expected.get<std::string>();
  } else if (expected.is_number()) {
    const auto value = expected.get<double>();
    const auto tolerance = entry.at("tolerance").get<double>();
    prediction.value = value;
    prediction.least = value - tolerance;
    prediction.greatest = value + tolerance;
    prediction.expected = fmt::format("{:.10g}", value);
    prediction.tolerance = fmt::format("{:.2g}", tolerance);
  } else if (expected.contains("between")) {
    prediction.least = expected["between"].at(0).get<double>();
    prediction.greatest = expected["between"].at(1).get<double>();
    prediction.expected = fmt::format("{:.6g} to {:.6g}", prediction.least, prediction.greatest);
  } else if (expected.contains("at_least")) {
    prediction.least = expected["at_least"].get<double>();
    prediction.expected = fmt::format("at least {:.6g}", prediction.least);
  } else {
    prediction.greatest = expected.at("at_most").get<double>();
    prediction.expected = fmt::format("at most {:.6g}", prediction.greatest);
  }
}

constexpr std::string_view outcomes[]{"confirmed", "refuted", "within its noise", "not decidable"};

std::vector<Prediction> read_predictions() {
  std::vector<Prediction> all;
  const json table = parse_json(tables::predictions, "paper_refs/predictions.json");
  for (const json& entry : table.at("predictions")) {
    Prediction prediction;
    prediction.id = entry.at("id").get<std::string>();
    prediction.claim = entry.at("claim").get<std::string>();
    prediction.citation = entry.at("cite").get<std::string>();
    prediction.where = entry.at("where").get<std::string>();
    prediction.quantity = entry.at("quantity").get<std::string>();
    prediction.experiment = entry.at("experiment").get<std::string>();
    prediction.why = entry.at("why").get<std::string>();
    prediction.source = parse_source(prediction.id, entry.at("source").get<std::string>());
    prediction.null = entry.at("null").get<std::string>();
    prediction.differs = entry.value("differs", "");
    if (prediction.source == Source::published) {
      prediction.published = entry.at("published").get<std::string>();
      prediction.outcome = entry.at("outcome").get<std::string>();
      if (std::find(std::begin(outcomes), std::end(outcomes), prediction.outcome) == std::end(outcomes))
        reject("{}: outcome '{}'; accepted: {}", prediction.id, prediction.outcome,
               fmt::join(outcomes, ", "));
    }
    read_expected(entry, prediction);
    all.push_back(std::move(prediction));
  }
  return all;
}

bool holds(const Prediction& prediction, const Measured& measured) {
  if (const auto* name = std::get_if<std::string>(&measured)) {
    if (!prediction.name) throw std::logic_error("'" + prediction.id + "' expects a number");
    return *name == *prediction.name;
  }
  if (prediction.name) throw std::logic_error("'" + prediction.id + "' expects a name");
  const double value = std::get<double>(measured);
  return value >= prediction.least && value <= prediction.greatest;
}

std::string measured_text(const Measured& measured) {
  if (const auto* name = std::get_if<std::string>(&measured)) return *name;
  return fmt::format("{:.10g}", std::get<double>(measured));
}

CheckNumbers numbers_of(const Prediction& prediction, const Measured& measured, const Measured& null) {
  CheckNumbers numbers{measured, null};
  if (prediction.name) numbers.expected = *prediction.name;
  if (prediction.value) numbers.expected = *prediction.value;
  if (std::isfinite(prediction.least)) numbers.least = prediction.least;
  if (std::isfinite(prediction.greatest)) numbers.greatest = prediction.greatest;
  return numbers;
}

}  // namespace

const std::vector<Prediction>& predictions() {
  static const std::vector<Prediction> all = read_predictions();
  return all;
}

const Prediction& find_prediction(const std::string& id) {
  const auto found = std::find_if(predictions().begin(), predictions().end(),
                                  [&](const Prediction& prediction) { return prediction.id == id; });
  if (found == predictions().end()) throw std::logic_error("paper_refs/predictions.json has no '" + id + "'");
  return *found;
}

Check judge(const std::string& id, const Measured& measured, const Measured& null) {
  const Prediction& prediction = find_prediction(id);
  return {id,
          prediction.claim,
          prediction.expected,
          measured_text(measured),
          prediction.tolerance,
          holds(prediction, measured),
          {prediction.null, measured_text(null), holds(prediction, null)},
          numbers_of(prediction, measured, null),
          prediction.source,
          prediction.citation + ", " + prediction.where,
          prediction.differs,
          prediction.published,
          prediction.outcome};
}

}  // namespace digon
