#include "theory/law/uniform.hpp"

#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <limits>

namespace digon {
namespace {

/// The mean of u² where u runs linearly from u0 to u1.
double mean_square(double u0, double u1) {
  return (u0 * u0 + u0 * u1 + u1 * u1) / 3.0;
}

/// The x ∈ [0, 1] where t + g x > 0: an interval, maybe empty.
struct OnInterval {
  double begin = 0.0;
  double end = 0.0;
};

OnInterval where_on(double t, double g) {
  if (t > 0.0 && t + g > 0.0) return {0.0, 1.0};
  if (t <= 0.0 && t + g <= 0.0) return {0.0, 0.0};
  const double crossing = std::clamp(-t / g, 0.0, 1.0);
  return g > 0.0 ? OnInterval{crossing, 1.0} : OnInterval{0.0, crossing};
}

/// Stands for couplings of 0, whose lines are above 0 everywhere or nowhere.
constexpr double least_coupling = std::numeric_limits<double>::min();

}  // namespace

Eigen::ArrayXd transform_growth(Uniform, const Eigen::ArrayXd& u) {
  return (u.abs() < 1e-5).select(0.5 * u, (u.exp() - 1.0) / u - 1.0);
}

double mean_square_of_line(Uniform law, double t, double g) {
  return t * t + t * g + scaled_moment(law, g * g, 2);
}

double mean_square_of_relu(Uniform, double t, double g) {
  const OnInterval on = where_on(t, g);
  return (on.end - on.begin) * mean_square(std::max(t + g * on.begin, 0.0), std::max(t + g * on.end, 0.0));
}

double active_error(Uniform, double t, double a) {
  // Where the output is on the residual is (1 − a)x − t, elsewhere x: linear on each piece.
  const OnInterval on = where_on(t, a);
  const auto residual = [&](double x) { return (1.0 - a) * x - t; };
  // An empty interval is {0, 0}: then the last term is ∫₀¹ x² dx.
  return (on.end - on.begin) * mean_square(residual(on.begin), residual(on.end)) +
         on.begin * mean_square(0.0, on.begin) + (1.0 - on.end) * mean_square(on.end, 1.0);
}

ActiveErrorSlope active_error_slope(Uniform law, double t, double a) {
  const OnInterval on = where_on(t, a);
  // The residual (1 − a)x − t falls by dt, and by x da, where the output is on.
  const double r0 = (1.0 - a) * on.begin - t;
  const double r1 = (1.0 - a) * on.end - t;
  const double length = on.end - on.begin;
  const double mean_rx = (2.0 * (r0 * on.begin + r1 * on.end) + r0 * on.end + r1 * on.begin) / 6.0;
  return {active_error(law, t, a), -length * (r0 + r1), -2.0 * length * mean_rx};
}

double own_power(Uniform, double t, double a, int e, int r) {
  double begin = 0.0;
  double end = 1.0;
  if (t <= 0.0 && t + a <= 0.0) return 0.0;
  if (t < 0.0) begin = std::clamp(-t / a, 0.0, 1.0);
  if (t + a < 0.0) end = std::clamp(-t / a, 0.0, 1.0);
  const auto integrand = [&](double x) { return std::pow(x, e) * positive_power(t + a * x, r); };
  return boost::math::quadrature::gauss<double, 25>::integrate(integrand, begin, end);
}

void sum_squares_of_relu(Uniform law, double t, const Eigen::Ref<const Eigen::ArrayXd>& g, Eigen::Index own,
                         double weight, SquaresOfRelu& sum) {
  const double begin = std::max(t, 0.0);
  sum.end = (t + g).max(0.0);
  sum.length = ((begin + sum.end) / g.abs().max(least_coupling)).min(1.0);
  sum.length[own] = 0.0;
  sum.value =
      scaled_moment(law, (sum.length * (begin * begin + begin * sum.end + sum.end.square())).sum(), 2);
  sum.by_t = (sum.length * (begin + sum.end)).sum();
  // 2∫ x max(t + g x, 0) dx: begins 1 − length late where it ends above 0.
  sum.by_g = weight * sum.length *
             ((sum.end > 0.0).select(1.0 - sum.length, 0.0) * (begin + sum.end) +
              sum.length * (begin + 2.0 * sum.end) / 3.0);
}

}  // namespace digon
