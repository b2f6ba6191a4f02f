#include "core/model/feature_distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "core/base/input_error.hpp"
#include "core/base/parse_number.hpp"

namespace digon {
namespace {

constexpr std::string_view accepted_forms = "a number, a power such as 0.9^i, or a comma-separated list";

/// Values beyond this have squares that are no numbers to work with.
constexpr double greatest_value = 1e6;

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
    if (!(set.correlation >= 0.0 && set.correlation <= 1.0)) {
      reject("sets: a correlation of {} given; accepted: 0 to 1", set.correlation);
    }
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

FeatureDistribution with_active(FeatureDistribution features, Eigen::Index K) {
  const Eigen::Index n = features.features();
  if (K < 0 || K > n) reject("active: {} of {} features given; accepted: 0 to {}", K, n, n);
  features.active = K;
  features.density.setConstant(double(K) / double(n));
  validate(features);
  return features;
}

FeatureDistribution with_data(FeatureDistribution features, std::shared_ptr<const FeatureData> data) {
  const Eigen::MatrixXd& x = data->x;
  if (x.cols() == 0) reject("{}: no samples; at least 1 is needed", data->source);
  if (x.rows() != features.features()) {
    reject("{}: samples of {} features given; accepted: of {}", data->source, x.rows(), features.features());
  }
  features.density = (x.array() != 0.0).rowwise().count().cast<double>() / double(x.cols());
  features.data = std::move(data);
  validate(features);
  return features;
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
  const auto& [least, greatest] = features.values;
  if (!(least <= greatest && std::max(greatest, -least) <= greatest_value &&
        std::max(greatest, -least) > 0.0)) {
    reject("values: from {} to {} given; accepted: LO < HI, or one constant that is not 0, within ±{:g}",
           least, greatest, greatest_value);
  }
  validate_sets(features);
  if (features.active) {
    const Eigen::Index K = *features.active;
    if (K < 0 || K > n) reject("active: {} of {} features given; accepted: 0 to {}", K, n, n);
    if (!features.sets.empty()) reject("active: exactly {} active given with sets; accepted: either", K);
    if ((features.density.array() != double(K) / double(n)).any()) {
      reject("active: exactly {} of {} features given with other densities; accepted: {}", K, n,
             double(K) / double(n));
    }
  }
  if (features.data) {
    const Eigen::MatrixXd& x = features.data->x;
    if (!features.sets.empty() || features.active) {
      reject("{}: data given with sets or a number of active features; accepted: neither",
             features.data->source);
    }
    if (x.size() > 0 && x.rows() != n) {
      reject("{}: samples of {} features given; accepted: of {}", features.data->source, x.rows(), n);
    }
    if (!x.allFinite())
      reject("{}: contains NaN or infinity; all samples must be finite", features.data->source);
  }
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

std::string name_of(const ActiveValue& values) {
  if (values == ActiveValue::uniform) return "uniform";
  if (values == ActiveValue::signed_uniform) return "signed";
  if (values == ActiveValue::binary) return "binary";
  if (values.is_constant()) return fmt::format("constant:{}", values.least);
  return fmt::format("uniform:{}:{}", values.least, values.greatest);
}

ActiveValue parse_active_value(std::string_view option, std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  const auto number = [&](std::size_t k) { return k < parts.size() ? parse_number(parts[k]) : std::nullopt; };
  if (text == "uniform") return ActiveValue::uniform;
  if (text == "signed") return ActiveValue::signed_uniform;
  if (text == "binary") return ActiveValue::binary;
  if (parts[0] == "constant" && parts.size() == 2 && number(1) && *number(1) != 0.0 &&
      std::abs(*number(1)) <= greatest_value) {
    return {*number(1), *number(1)};
  }
  if (parts[0] == "uniform" && parts.size() == 3 && number(1) && number(2) && *number(1) < *number(2) &&
      std::max(*number(2), -*number(1)) <= greatest_value) {
    return {*number(1), *number(2)};
  }
  reject(
      "{}: '{}' is not a law of values; accepted: uniform, signed, binary, uniform:LO:HI with LO < HI, "
      "constant:C with C not 0, within ±{:g}",
      option, text, greatest_value);
}

std::vector<FeatureSet> parse_sets(std::string_view option, std::string_view text, SetRelation relation,
                                   Eigen::Index n) {
  if (const std::size_t colon = text.find(':'); relation == SetRelation::correlated && colon != text.npos) {
    const std::optional<double> rho = parse_number(text.substr(colon + 1));
    if (!rho || !(*rho >= 0.0 && *rho <= 1.0)) {
      reject("{}: '{}' given; accepted: SETS:RHO with a correlation RHO from 0 to 1", option, text);
    }
    std::vector<FeatureSet> sets = parse_sets(option, text.substr(0, colon), relation, n);
    for (FeatureSet& set : sets) set.correlation = *rho;
    return sets;
  }
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

std::string describe_values(const ActiveValue& values) {
  if (values == ActiveValue::binary) return "binary {0, 1}";
  if (values.is_constant()) return fmt::format("constant {}", values.least);
  return fmt::format("uniform [{}, {}]", values.least, values.greatest);
}

std::string describe_law(const FeatureDistribution& features) {
  if (features.data)
    return fmt::format("of {} samples in {}", features.data->x.cols(), features.data->source);
  std::string law = describe_values(features.values);
  if (features.active) return law + fmt::format(", exactly {} active", *features.active);
  std::map<double, std::size_t> correlated;
  std::size_t anticorrelated = 0;
  for (const FeatureSet& set : features.sets) {
    if (set.relation == SetRelation::correlated) {
      ++correlated[set.correlation];
    } else {
      ++anticorrelated;
    }
  }
  if (features.sets.empty()) law += ", independent";
  for (const auto& [rho, count] : correlated) {
    law += fmt::format(", {} correlated sets", count);
    if (rho != 1.0) law += fmt::format(" of correlation {}", rho);
  }
  if (anticorrelated > 0) law += fmt::format(", {} anti-correlated sets", anticorrelated);
  return law;
}

}  // namespace digon
