#include "theory/singular/extrapolation.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/input_error.hpp"
#include "core/base/named_choice.hpp"

namespace digon {
namespace {

constexpr NamedChoices<Approach, 4> approach_names{{{Approach::none, "none"},
                                                    {Approach::inverse, "1/t"},
                                                    {Approach::inverse_root, "1/sqrt(t)"},
                                                    {Approach::logarithm, "1/log(t)"}}};

/// a + b g: a and its error, and χ², of values [P] of weights 1/σ² [P] at g [P].
ApproachFit fit_line(const Eigen::ArrayXd& value, const Eigen::ArrayXd& weight, const Eigen::ArrayXd& g) {
  const double all = weight.sum();
  const double mean = (weight * g).sum() / all;
  const double spread = (weight * (g - mean).square()).sum();
  const double middle = (weight * value).sum() / all;
  const double slope = spread > 0.0 ? (weight * (g - mean) * value).sum() / spread : 0.0;
  ApproachFit fit;
  fit.value = middle - slope * mean;
  fit.error = std::sqrt(1.0 / all + (spread > 0.0 ? mean * mean / spread : 0.0));
  fit.chi_squared = (weight * (value - fit.value - slope * g).square()).sum();
  return fit;
}

ApproachFit fit_constant(const Eigen::ArrayXd& value, const Eigen::ArrayXd& weight) {
  return fit_line(value, weight, Eigen::ArrayXd::Zero(value.size()));
}

/// a − 1/(x + c), x = log(t/t_1), c from 1 to 50: by steps of 2% in c. The error is that of both a and c.
ApproachFit fit_logarithm(const Eigen::ArrayXd& value, const Eigen::ArrayXd& weight,
                          const Eigen::ArrayXd& x) {
  ApproachFit best;
  best.chi_squared = std::numeric_limits<double>::infinity();
  double best_c = 1.0;
  for (double c = 1.0; c <= 50.0; c *= 1.02) {
    const ApproachFit fit = fit_constant(value + 1.0 / (x + c), weight);
    if (fit.chi_squared < best.chi_squared) {
      best = fit;
      best_c = c;
    }
  }
  const double chi_squared = best.chi_squared;
  best.error = fit_line(value, weight, (x + best_c).square().inverse()).error;
  best.chi_squared = chi_squared;
  return best;
}

ApproachFit fit(Approach approach, const Eigen::ArrayXd& t, const Eigen::ArrayXd& value,
                const Eigen::ArrayXd& weight) {
  const Eigen::ArrayXd relative = t / t[0];
  ApproachFit found;
  switch (approach) {
    case Approach::none:
      found = fit_constant(value, weight);
      break;
    case Approach::inverse:
      found = fit_line(value, weight, relative.inverse());
      break;
    case Approach::inverse_root:
      found = fit_line(value, weight, relative.sqrt().inverse());
      break;
    case Approach::logarithm:
      found = fit_logarithm(value, weight, relative.log());
      break;
  }
  found.approach = approach;
  return found;
}

}  // namespace

std::string_view name_of(Approach approach) {
  return name_in(approach_names, approach);
}

double Extrapolation::weight_of(Approach approach) const {
  double sum = 0.0;
  for (const ApproachFit& one : fits) sum += one.approach == approach ? one.weight : 0.0;
  return sum;
}

Extrapolation extrapolate(const std::vector<AtFinite>& points) {
  constexpr double least_error = 1e-3;
  if (points.empty()) reject("nbeta: none given; at least 1 is needed");
  const auto count = Eigen::Index(points.size());
  Eigen::ArrayXd t(count);
  Eigen::ArrayXd value(count);
  Eigen::ArrayXd weight(count);
  for (Eigen::Index k = 0; k < count; ++k) {
    const AtFinite& point = points[std::size_t(k)];
    if (!(point.t > (k == 0 ? 0.0 : t[k - 1]))) {
      reject("nbeta: {} given after {}; accepted: ascending, above 0", point.t, k == 0 ? 0.0 : t[k - 1]);
    }
    t[k] = point.t;
    value[k] = point.value;
    const double error = std::max({point.error, least_error * std::abs(point.value), 1e-12});
    weight[k] = 1.0 / (error * error);
  }
  Extrapolation found;
  double least_cost = std::numeric_limits<double>::infinity();
  double least_scatter = std::numeric_limits<double>::infinity();
  const auto cost = [](const ApproachFit& one) {
    const double parameters = one.approach == Approach::none ? 1.0 : 2.0;
    return 0.5 * one.chi_squared + parameters + double(one.left_out);
  };
  for (const Approach approach :
       {Approach::none, Approach::inverse, Approach::inverse_root, Approach::logarithm}) {
    const Eigen::Index parameters = approach == Approach::none ? 1 : 2;
    for (Eigen::Index out = 0; count - out >= parameters; ++out) {
      const Eigen::Index left = count - out;
      ApproachFit one = fit(approach, t.tail(left), value.tail(left), weight.tail(left));
      one.left_out = std::size_t(out);
      if (left > parameters) {
        least_scatter = std::min(least_scatter, one.chi_squared / double(left - parameters));
      }
      least_cost = std::min(least_cost, cost(one));
      found.fits.push_back(one);
    }
  }
  double sum = 0.0;
  for (ApproachFit& one : found.fits) sum += one.weight = std::exp(least_cost - cost(one));
  double square = 0.0;
  // Where no way describes the points their errors are larger than was thought.
  const double larger = std::isfinite(least_scatter) ? std::max(1.0, least_scatter) : 1.0;
  for (ApproachFit& one : found.fits) {
    one.weight /= sum;
    found.value += one.weight * one.value;
    square += one.weight * (one.error * one.error * larger + one.value * one.value);
  }
  found.error = std::sqrt(std::max(0.0, square - found.value * found.value));
  return found;
}

}  // namespace digon
