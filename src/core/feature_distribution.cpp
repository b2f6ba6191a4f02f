#include "core/feature_distribution.hpp"

#include <charconv>
#include <cmath>
#include <vector>

#include "core/input_error.hpp"

namespace digon {
namespace {

constexpr std::string_view accepted_forms = "a number, a power such as 0.9^i, or a comma-separated list";

double parse_number(std::string_view name, std::string_view whole, std::string_view part) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc{} || end != part.data() + part.size() || !std::isfinite(value)) {
    reject("{}: '{}' is not understood; accepted: {}", name, whole, accepted_forms);
  }
  return value;
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
}

Eigen::VectorXd parse_feature_profile(std::string_view name, std::string_view text, Eigen::Index n) {
  if (n < 1) reject("features: {} given; at least 1 is needed", n);
  if (text.size() > 2 && text.substr(text.size() - 2) == "^i") {
    const double base = parse_number(name, text, text.substr(0, text.size() - 2));
    return Eigen::VectorXd::NullaryExpr(n, [base](Eigen::Index i) { return std::pow(base, double(i)); });
  }
  const std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() == 1) return Eigen::VectorXd::Constant(n, parse_number(name, text, text));
  if (Eigen::Index(parts.size()) != n) {
    reject("{}: '{}' lists {} values; accepted: one, or one for each of the {} features", name, text,
           parts.size(), n);
  }
  Eigen::VectorXd values(n);
  for (Eigen::Index i = 0; i < n; ++i) values[i] = parse_number(name, text, parts[std::size_t(i)]);
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
    reject("{}: '{}' is outside the probabilities; accepted: 0 to 1", name, text);
  }
  return values;
}

}  // namespace digon
