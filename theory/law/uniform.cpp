#include "theory/law/uniform.hpp"

#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <limits>

#include "theory/law/power_series.hpp"

namespace digon {
namespace {

/// The mean of u² where u runs linearly from u0 to u1.
double mean_square(double u0, double u1) {
  return (u0 * u0 + u0 * u1 + u1 * u1) / 3.0;
}

/// The u ∈ [0, 1] where t + g u > 0: an interval, maybe empty.
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

/// t + g x as a line in u.
struct Line {
  double t;
  double g;
};

Line in_u(Uniform law, double t, double g) {
  return {t + g * law.least, g * law.width()};
}

/// Stands for couplings of 0, whose lines are above 0 everywhere or nowhere.
constexpr double least_coupling = std::numeric_limits<double>::min();

}  // namespace

double sum_of_powers(Uniform law, int r) {
  double sum = 1.0;
  double power = 1.0;
  for (int k = 1; k <= r; ++k) {
    power *= law.least;
    sum = law.greatest * sum + power;
  }
  return sum;
}

FewNumbers transform_growth(Uniform law, const FewNumbers& u) {
  if (law.is_unit()) {
    FewNumbers growth = u.exp();
    for (Eigen::Index i = 0; i < u.size(); ++i) {  // which becomes vectors; Eigen's select does not
      growth[i] = std::abs(u[i]) < 1e-5 ? 0.5 * u[i] : (growth[i] - 1.0) / u[i] - 1.0;
    }
    return growth;
  }
  // Where u is small a mean of 0 leaves u² alone, which must not drown.
  const auto mu = [&](int r) { return scaled_moment(law, 1.0, r, factorial(r)); };
  const FewNumbers series = u * (mu(1) + u * (mu(2) + u * (mu(3) + u * mu(4))));
  const FewNumbers across = law.width() * u;
  const FewNumbers phi = (across.abs() < 1e-5).select(1.0 + 0.5 * across, (across.exp() - 1.0) / across);
  const double furthest = std::max(law.greatest, -law.least);
  return (furthest * u.abs() < 1e-3).select(series, (law.least * u).exp() * phi - 1.0);
}

double mean_square_of_line(Uniform law, double t, double g) {
  return t * t + scaled_moment(law, 2.0 * t * g, 1) + scaled_moment(law, g * g, 2);
}

double mean_square_of_relu(Uniform law, double t, double g) {
  const auto [begin, slope] = in_u(law, t, g);
  const OnInterval on = where_on(begin, slope);
  return (on.end - on.begin) *
         mean_square(std::max(begin + slope * on.begin, 0.0), std::max(begin + slope * on.end, 0.0));
}

double active_error(Uniform law, double t, double a) {
  // Where the output is on the residual is (1 − a)x − t, elsewhere x: linear on each piece.
  const auto [start, slope] = in_u(law, t, a);
  const OnInterval on = where_on(start, slope);
  const double x0 = law.at(on.begin);
  const double x1 = law.at(on.end);
  const auto residual = [&](double x) { return (1.0 - a) * x - t; };
  // An empty interval is {0, 0}: then the last term is E[x²].
  return (on.end - on.begin) * mean_square(residual(x0), residual(x1)) +
         on.begin * mean_square(law.least, x0) + (1.0 - on.end) * mean_square(x1, law.greatest);
}

ActiveErrorSlope active_error_slope(Uniform law, double t, double a) {
  const auto [start, slope] = in_u(law, t, a);
  const OnInterval on = where_on(start, slope);
  // The residual (1 − a)x − t falls by dt, and by x da, where the output is on.
  const double x0 = law.at(on.begin);
  const double x1 = law.at(on.end);
  const double r0 = (1.0 - a) * x0 - t;
  const double r1 = (1.0 - a) * x1 - t;
  const double length = on.end - on.begin;
  const double mean_rx = (2.0 * (r0 * x0 + r1 * x1) + r0 * x1 + r1 * x0) / 6.0;
  return {active_error(law, t, a), -length * (r0 + r1), -2.0 * length * mean_rx};
}

double own_power(Uniform law, double t, double a, int e, int r) {
  const auto [start, slope] = in_u(law, t, a);
  double begin = 0.0;
  double end = 1.0;
  if (start <= 0.0 && start + slope <= 0.0) return 0.0;
  if (start < 0.0) begin = std::clamp(-start / slope, 0.0, 1.0);
  if (start + slope < 0.0) end = std::clamp(-start / slope, 0.0, 1.0);
  const auto integrand = [&](double u) {
    const double x = law.at(u);
    return whole_power(x, e) * positive_power(t + a * x, r);
  };
  return boost::math::quadrature::gauss<double, 25>::integrate(integrand, begin, end);
}

void sum_squares_of_relu(Uniform law, double t, const Eigen::Ref<const Eigen::ArrayXd>& g, Eigen::Index own,
                         double weight, SquaresOfRelu& sum) {
  const auto add_up = [&](const auto& begin) {  // one number for all lines, or one for each
    sum.end = (t + law.greatest * g).max(0.0);
    sum.length = ((begin + sum.end) / (law.width() * g.abs()).max(least_coupling)).min(1.0);
    sum.length[own] = 0.0;
    sum.value = (sum.length * (begin * begin + begin * sum.end + sum.end.square())).sum() / 3.0;
    sum.by_t = (sum.length * (begin + sum.end)).sum();
    // 2∫ u max(…, 0) du: begins 1 − length late where it ends above 0.
    sum.by_g = weight * sum.length *
               ((sum.end > 0.0).select(1.0 - sum.length, 0.0) * (begin + sum.end) +
                sum.length * (begin + 2.0 * sum.end) / 3.0);
    if (!law.is_unit())
      sum.by_g = law.width() * sum.by_g + law.least * weight * sum.length * (begin + sum.end);
  };
  if (law.least == 0.0) {
    add_up(std::max(t, 0.0));
  } else {
    add_up((t + law.least * g).max(0.0).eval());
  }
}

}  // namespace digon
