#include "core/model/feature_description.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/named_choice.hpp"

namespace digon {
namespace {

using nlohmann::json;

constexpr NamedChoices<SetRelation, 2> relation_names{
    {{SetRelation::correlated, "correlated"}, {SetRelation::anticorrelated, "anti-correlated"}}};

Eigen::VectorXd to_vector(const json& values) {
  const auto numbers = values.get<std::vector<double>>();
  return Eigen::Map<const Eigen::VectorXd>(numbers.data(), Eigen::Index(numbers.size()));
}

}  // namespace

json to_json(const FeatureDistribution& features) {
  json sets = json::array();
  for (const FeatureSet& set : features.sets) {
    sets.push_back({{"relation", name_in(relation_names, set.relation)}, {"members", set.members}});
    if (set.correlation != 1.0) sets.back()["correlation"] = set.correlation;  // as files of earlier versions
  }
  json described{{"density", to_json(features.density)},
                 {"importance", to_json(features.importance)},
                 {"values", name_of(features.values)},
                 {"sets", sets}};
  if (features.active) described["active"] = *features.active;
  if (features.data) described["data"] = features.data->source;
  return described;
}

FeatureDistribution features_from_json(const json& described, const std::string& source) {
  FeatureDistribution features{to_vector(described.at("density")), to_vector(described.at("importance"))};
  // Files of earlier versions say neither: they know the paper's law alone.
  features.values = parse_active_value(source, described.value("values", std::string("uniform")));
  for (const json& set : described.value("sets", json::array())) {
    features.sets.push_back(
        {parse_choice(relation_names, source, "a relation", set.at("relation").get<std::string>()),
         set.at("members").get<std::vector<Eigen::Index>>(), set.value("correlation", 1.0)});
  }
  if (described.contains("active")) features.active = described.at("active").get<Eigen::Index>();
  if (described.contains("data")) {
    features.data = std::make_shared<FeatureData>(FeatureData{{}, described.at("data").get<std::string>()});
  }
  return features;
}

std::string describe_profile(const Eigen::VectorXd& values) {
  const double first = values[0];
  if ((values.array() == first).all()) return fmt::format("{:.4g}", first);
  const double base = values[1] / first;
  bool powers = first == 1.0 && values.size() > 2;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    powers = powers && std::abs(values[i] / std::pow(base, double(i)) - 1.0) < 1e-9;
  }
  if (powers) return fmt::format("{:.4g}^i", base);
  std::vector<std::string> each;
  for (const double value : values) each.push_back(fmt::format("{:.4g}", value));
  return fmt::format("({})", fmt::join(each, ", "));
}

}  // namespace digon
