#include "core/model/feature_distribution.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "core/base/input_error.hpp"
#include "core/base/named_choice.hpp"
#include "core/base/parse_number.hpp"

namespace digon {
namespace {

constexpr std::string_view accepted_forms = "a number, a power such as 0.9^i, or a comma-separated list";

constexpr NamedChoices<ActiveValue, 3> value_names{{{ActiveValue::uniform, "uniform"},
                                                    {ActiveValue::signed_uniform, "signed"},
                                                    {ActiveValue::binary, "binary"}}};

double number_or_reject(std::string_view name, std::string_view whole, std::string_view part) {
  const std::optional<double> value = parse_number(part);
  if (!value) reject("{}: '{}' is not understood; accepted: {}", name, whole, accepted_forms);
  return *value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

void validate_sets(const FeatureDistribution& features) {
  std::vector<char> taken(std::size_t(features.features()), 0);
  for (const FeatureSet& set : features.sets) {
    if (set.members.empty()) reject("sets: one is empty; each needs at least one feature");
    double total = 0.0;
    for (const Eigen::Index i : set.members) {
      if (i < 0 || i >= features.features()) {
        reject("sets: feature {} given; accepted: 0 to {}", i, features.features() - 1);
      }
      if (taken[std::size_t(i)]++) reject("sets: feature {} is in two places; accepted: disjoint sets", i);
      total += features.density[i];
      if (set.relation == SetRelation::correlated &&
          features.density[i] != features.density[set.members[0]]) {
        reject("sets: features {} and {} are correlated and of densities {} and {}; accepted: one density",
               set.members[0], i, features.density[set.members[0]], features.density[i]);
      }
    }
    if (set.relation == SetRelation::anticorrelated && total > 1.0 + 1e-12) {
      reject("sets: the densities of an anti-correlated set sum to {:.6g}; accepted: at most 1", total);
    }
  }
}

}  // namespace

bool FeatureDistribution::has_uniform_density() const {
  return density.size() == 0 || (density.array() == density[0]).all();
}

FeatureDistribution uniform_features(Eigen::Index n, double density) {
  return {Eigen::VectorXd::Constant(n, density), Eigen::VectorXd::Ones(n)};
}

void validate(const FeatureDistribution& features) {
  const Eigen::Index n = features.features();
  if (n < 1) reject("features: {} given; at least 1 is needed", n);
  if (features.importance.size() != n) {
    reject("importance: {} values given for {} features", features.importance.size(), n);
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    const double p = features.density[i];
    const double importance = features.importance[i];
    if (!(p >= 0.0 && p <= 1.0)) reject("density: feature {} has {}; accepted: 0 to 1", i, p);
    if (!(importance >= 0.0) || !std::isfinite(importance)) {
      reject("importance: feature {} has {}; accepted: finite, at least 0", i, importance);
    }
  }
  validate_sets(features);
}

Eigen::VectorXd parse_feature_profile(std::string_view name, std::string_view text, Eigen::Index n) {
  if (n < 1) reject("features: {} given; at least 1 is needed", n);
  if (text.size() > 2 && text.substr(text.size() - 2) == "^i") {
    const double base = number_or_reject(name, text, text.substr(0, text.size() - 2));
    return Eigen::VectorXd::NullaryExpr(n, [base](Eigen::Index i) { return std::pow(base, double(i)); });
  }
  const std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() == 1) return Eigen::VectorXd::Constant(n, number_or_reject(name, text, text));
  if (Eigen::Index(parts.size()) != n) {
    reject("{}: '{}' lists {} values; accepted: one, or one for each of the {} features", name, text,
           parts.size(), n);
  }
  Eigen::VectorXd values(n);
  for (Eigen::Index i = 0; i < n; ++i) values[i] = number_or_reject(name, text, parts[std::size_t(i)]);
  return values;
}

Eigen::VectorXd parse_importance(std::string_view name, std::string_view text, Eigen::Index n) {
  Eigen::VectorXd values = parse_feature_profile(name, text, n);
  if (!values.allFinite() || values.minCoeff() < 0.0) {
    reject("{}: '{}' gives a negative or infinite importance; accepted: finite, at least 0", name, text);
  }
  return values;
}

Eigen::VectorXd parse_probability(std::string_view name, std::string_view text, Eigen::Index n) {
  Eigen::VectorXd values = parse_feature_profile(name, text, n);
  if (!(values.minCoeff() >= 0.0 && values.maxCoeff() <= 1.0)) {
    const bool percent = values.size() == 1 || (values.array() == values[0]).all();
    reject("{}: '{}' is outside the probabilities; accepted: 0 to 1{}", name, text,
           percent && values[0] > 1.0 && values[0] <= 100.0
               ? fmt::format("; as a fraction: {}", values[0] / 100.0)
               : "");
  }
  return values;
}

std::string_view name_of(ActiveValue values) {
  return name_in(value_names, values);
}

ActiveValue parse_active_value(std::string_view option, std::string_view text) {
  return parse_choice(value_names, option, "a law of values", text);
}

std::vector<FeatureSet> parse_sets(std::string_view option, std::string_view text, SetRelation relation,
                                   Eigen::Index n) {
  const auto whole = [&](std::string_view part, Eigen::Index most) {
    const std::optional<double> value = parse_number(part);
    if (!value || *value != std::floor(*value) || *value < 0.0 || *value > double(most)) {
      reject(
          "{}: '{}' given; accepted: a size of sets that divides {}, or sets such as 0,1/2,3 of features 0 "
          "to {}",
          option, text, n, n - 1);
    }
    return Eigen::Index(*value);
  };
  std::vector<FeatureSet> sets;
  if (text.find_first_of(",/") == std::string_view::npos) {
    const Eigen::Index size = whole(text, n);
    if (size < 1 || n % size != 0)
      reject("{}: sets of {} given; accepted: a size that divides {}", option, text, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      if (i % size == 0) sets.push_back({relation, {}});
      sets.back().members.push_back(i);
    }
    return sets;
  }
  for (const std::string_view part : split(text, '/')) {
    sets.push_back({relation, {}});
    for (const std::string_view member : split(part, ','))
      sets.back().members.push_back(whole(member, n - 1));
  }
  return sets;
}

std::string describe_law(const FeatureDistribution& features) {
  std::string law;
  switch (features.values) {
    case ActiveValue::uniform:
      law = "uniform [0, 1]";
      break;
    case ActiveValue::signed_uniform:
      law = "uniform [-1, 1]";
      break;
    case ActiveValue::binary:
      law = "binary {0, 1}";
      break;
  }
  std::size_t correlated = 0;
  for (const FeatureSet& set : features.sets) correlated += set.relation == SetRelation::correlated;
  const std::size_t anticorrelated = features.sets.size() - correlated;
  if (features.sets.empty()) law += ", independent";
  if (correlated > 0) law += fmt::format(", {} correlated sets", correlated);
  if (anticorrelated > 0) law += fmt::format(", {} anti-correlated sets", anticorrelated);
  return law;
}

}  // namespace digon
