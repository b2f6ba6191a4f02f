#include "tests/theory/vertex_oracle.hpp"

#include <bit>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include "core/algebra/products.hpp"

namespace digon {
namespace {

using Real =
    boost::multiprecision::number<boost::multiprecision::cpp_bin_float<150>, boost::multiprecision::et_off>;

/// Σ_{v∈{0,1}^k} (−1)^{k−|v|} w(v) max(t + g·v, 0)^power; w = 1, or the last bit of v where `last_alone`.
Real vertex_sum(const std::vector<Real>& g, const Real& t, unsigned power, bool last_alone) {
  const std::size_t k = g.size();
  Real sum = 0;
  for (std::size_t v = last_alone ? std::size_t{1} << (k - 1) : 0; v < std::size_t{1} << k; ++v) {
    Real z = t;
    std::size_t bits = 0;
    for (std::size_t i = 0; i < k; ++i) {
      if ((v >> i & 1U) == 0) continue;
      z += g[i];
      ++bits;
    }
    if (z <= 0) continue;
    const Real term = pow(z, power);
    sum += (k - bits) % 2 == 0 ? term : Real(-term);
  }
  return sum;
}

Real factorial(std::size_t k) {
  return k == 0 ? Real(1) : Real(k) * factorial(k - 1);
}

/// E[max(t + Σ g_i u_i, 0)^q], all u_i uniform on [0, 1], all g_i ≠ 0:
///   q!/(k+q)! (Π g_i)⁻¹ Σ_v (−1)^{k−|v|} max(t + g·v, 0)^{k+q}
Real relu_moment(const std::vector<Real>& g, const Real& t, unsigned q) {
  if (g.empty()) return t > 0 ? Real(pow(t, q)) : Real(0);
  Real product = 1;
  for (const Real& each : g) product *= each;
  return factorial(q) / factorial(g.size() + q) / product * vertex_sum(g, t, unsigned(g.size()) + q, false);
}

/// E[u_k max(t + Σ g_i u_i, 0)^q] for the last: the derivative of the moment q + 1 by g_k, over q + 1.
Real relu_moment_with_last(const std::vector<Real>& g, const Real& t, unsigned q) {
  const std::size_t k = g.size();
  Real product = 1;
  for (const Real& each : g) product *= each;
  const Real scale = factorial(q + 1) / factorial(k + q + 1) / product;
  return (-relu_moment(g, t, q + 1) / g.back() +
          scale * Real(k + q + 1) * vertex_sum(g, t, unsigned(k) + q, true)) /
         Real(q + 1);
}

/// x = least + width u.
struct RealLaw {
  Real least;
  Real width;
  explicit RealLaw(const OracleLaw& law) : least(law.least), width(Real(law.greatest) - law.least) {}

  [[nodiscard]] Real mean() const { return least + width / 2; }
  [[nodiscard]] Real mean_square() const { return least * least + least * width + width * width / 3; }
};

/// E[max(t + Σ g_i x_i, 0)^q; times x of `own` if given], where `own` is one more coupling. All are active.
struct ActiveSum {
  const RealLaw& law;
  Real t;
  std::vector<Real> g = {};  // of the u_i

  void add(const Real& coupling) {
    t += coupling * law.least;
    if (coupling != 0 && law.width != 0) g.push_back(coupling * law.width);
  }

  [[nodiscard]] Real moment(unsigned q) const { return relu_moment(g, t, q); }

  /// E[x max(… + own x, 0)^q].
  [[nodiscard]] Real moment_with(const Real& own, unsigned q) const {
    ActiveSum with = *this;
    with.add(own);
    if (with.g.size() == g.size()) return law.mean() * with.moment(q);  // the sum does not move with x
    return law.least * with.moment(q) + law.width * relu_moment_with_last(with.g, with.t, q);
  }
};

/// E[(x_j − max(z_j, 0))²] given that exactly the features of `pattern` are active.
Real output_error(const RealLaw& law, const std::vector<std::vector<Real>>& G, const std::vector<Real>& b,
                  std::size_t j, std::size_t pattern) {
  ActiveSum sum{law, b[j]};
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (i != j && (pattern >> i & 1U) != 0) sum.add(G[j][i]);
  }
  if ((pattern >> j & 1U) == 0) return sum.moment(2);
  const Real with_target = sum.moment_with(G[j][j], 1);
  sum.add(G[j][j]);
  return law.mean_square() - 2 * with_target + sum.moment(2);
}

/// W and b as the oracle sees them. G is WᵀW in double, as theory sees it: the oracle is exact for those
/// numbers.
struct OracleModel {
  std::vector<std::vector<Real>> G;
  std::vector<Real> b;

  explicit OracleModel(const ToyModel& model) {
    const Eigen::MatrixXd WtW = gram(model.W);
    for (Eigen::Index j = 0; j < model.features(); ++j) {
      b.emplace_back(model.b[j]);
      G.emplace_back();
      for (Eigen::Index i = 0; i < model.features(); ++i) G.back().emplace_back(WtW(j, i));
    }
  }
};

Real probability_of(const FeatureDistribution& features, std::size_t pattern) {
  Real probability = 1;
  for (Eigen::Index i = 0; i < features.features(); ++i) {
    const Real p = features.density[i];
    probability *= (pattern >> i & 1U) != 0 ? p : Real(1 - p);
  }
  return probability;
}

/// Output j's share of the loss.
Real output_loss(const OracleModel& model, const FeatureDistribution& features, const RealLaw& law,
                 std::size_t j) {
  Real loss = 0;
  for (std::size_t pattern = 0; pattern < std::size_t{1} << model.b.size(); ++pattern) {
    loss += probability_of(features, pattern) * output_error(law, model.G, model.b, j, pattern);
  }
  return Real(features.importance[Eigen::Index(j)]) * loss;
}

/// ∂f/∂parameter by central differences; f reads the parameter.
template <typename Function>
double derivative(Real& parameter, Function f) {
  const Real at = parameter;
  const Real h("1e-40");
  parameter = at + h;
  const Real above = f();
  parameter = at - h;
  const Real below = f();
  parameter = at;
  return static_cast<double>(Real((above - below) / (2 * h)));
}

/// The unit of a power mean as the oracle sees it.
struct OracleUnit {
  Real t;
  Real a;
  std::vector<Real> g;
  std::vector<Real> density;
};

Real power_mean(const OracleUnit& unit, const RealLaw& law, int e, unsigned r) {
  Real mean = 0;
  for (std::size_t pattern = 0; pattern < std::size_t{1} << unit.g.size(); ++pattern) {
    Real probability = 1;
    ActiveSum sum{law, unit.t};
    for (std::size_t i = 0; i < unit.g.size(); ++i) {
      const bool active = (pattern >> i & 1U) != 0;
      probability *= active ? unit.density[i] : Real(1 - unit.density[i]);
      if (active) sum.add(unit.g[i]);
    }
    if (probability == 0) continue;
    if (e == 1) {
      mean += probability * sum.moment_with(unit.a, r);
    } else {
      if (e == 0) sum.add(unit.a);
      mean += probability * sum.moment(r);
    }
  }
  return mean;
}

}  // namespace

OracleLoss vertex_oracle(const ToyModel& model, const FeatureDistribution& features,
                         const OracleLaw& values) {
  const RealLaw law(values);
  const OracleModel exact(model);
  const std::size_t n = exact.b.size();
  std::vector<Real> L(n + 1, Real(0));
  Real loss = 0;
  for (std::size_t pattern = 0; pattern < std::size_t{1} << n; ++pattern) {
    Real error = 0;
    for (std::size_t j = 0; j < n; ++j) {
      error += Real(features.importance[Eigen::Index(j)]) * output_error(law, exact.G, exact.b, j, pattern);
    }
    L[std::size_t(std::popcount(pattern))] += error;
    loss += probability_of(features, pattern) * error;
  }
  OracleLoss result{static_cast<double>(loss), {}};
  for (const Real& each : L) result.L.push_back(static_cast<double>(each));
  return result;
}

OracleGradient vertex_oracle_gradient(const ToyModel& model, const FeatureDistribution& features,
                                      const OracleLaw& values) {
  const RealLaw law(values);
  OracleModel exact(model);
  const Eigen::Index n = model.features();
  Eigen::MatrixXd by_G(n, n);
  OracleGradient gradient{{}, Eigen::VectorXd(n)};
  for (std::size_t j = 0; j < std::size_t(n); ++j) {
    const auto loss = [&] { return output_loss(exact, features, law, j); };
    gradient.by_b[Eigen::Index(j)] = derivative(exact.b[j], loss);
    for (std::size_t i = 0; i < std::size_t(n); ++i) {
      by_G(Eigen::Index(j), Eigen::Index(i)) = derivative(exact.G[j][i], loss);
    }
  }
  gradient.by_W = product(model.W, by_G + by_G.transpose());
  return gradient;
}

OraclePowerMean vertex_power_mean(double t, double a, const Eigen::VectorXd& g,
                                  const Eigen::VectorXd& density, int e, int r, const OracleLaw& values) {
  const RealLaw law(values);
  OracleUnit unit{t, a, {g.begin(), g.end()}, {density.begin(), density.end()}};
  const auto mean = [&] { return power_mean(unit, law, e, unsigned(r)); };
  OraclePowerMean result{static_cast<double>(mean()), 0.0, 0.0, Eigen::VectorXd(g.size())};
  result.by_t = derivative(unit.t, mean);
  result.by_a = e < 0 ? 0.0 : derivative(unit.a, mean);
  for (std::size_t i = 0; i < unit.g.size(); ++i) result.by_g[Eigen::Index(i)] = derivative(unit.g[i], mean);
  return result;
}

}  // namespace digon
