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

/// E[max(t + Σ g_i x_i, 0)^q], all x_i uniform on [0, 1], all g_i ≠ 0:
///   q!/(k+q)! (Π g_i)⁻¹ Σ_v (−1)^{k−|v|} max(t + g·v, 0)^{k+q}
Real relu_moment(const std::vector<Real>& g, const Real& t, unsigned q) {
  if (g.empty()) return t > 0 ? Real(pow(t, q)) : Real(0);
  Real product = 1;
  for (const Real& each : g) product *= each;
  return factorial(q) / factorial(g.size() + q) / product * vertex_sum(g, t, unsigned(g.size()) + q, false);
}

/// E[x_k max(t + Σ g_i x_i, 0)] for the last feature: half the derivative of the second moment by g_k.
Real relu_moment_with_last(const std::vector<Real>& g, const Real& t) {
  const std::size_t k = g.size();
  Real product = 1;
  for (const Real& each : g) product *= each;
  const Real scale = factorial(2) / factorial(k + 2) / product;
  return (-relu_moment(g, t, 2) / g.back() + scale * Real(k + 2) * vertex_sum(g, t, unsigned(k) + 1, true)) /
         2;
}

/// E[(x_j − max(z_j, 0))²] given that exactly the features of `pattern` are active.
Real output_error(const std::vector<std::vector<Real>>& G, const std::vector<Real>& b, std::size_t j,
                  std::size_t pattern) {
  const std::size_t n = b.size();
  std::vector<Real> g;
  for (std::size_t i = 0; i < n; ++i) {
    if (i != j && (pattern >> i & 1U) != 0 && G[j][i] != 0) g.push_back(G[j][i]);
  }
  if ((pattern >> j & 1U) == 0) return relu_moment(g, b[j], 2);
  if (G[j][j] == 0) return Real(1) / 3 - relu_moment(g, b[j], 1) + relu_moment(g, b[j], 2);
  g.push_back(G[j][j]);
  return Real(1) / 3 - 2 * relu_moment_with_last(g, b[j]) + relu_moment(g, b[j], 2);
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
Real output_loss(const OracleModel& model, const FeatureDistribution& features, std::size_t j) {
  Real loss = 0;
  for (std::size_t pattern = 0; pattern < std::size_t{1} << model.b.size(); ++pattern) {
    loss += probability_of(features, pattern) * output_error(model.G, model.b, j, pattern);
  }
  return Real(features.importance[Eigen::Index(j)]) * loss;
}

/// ∂/∂parameter of output j's share of the loss; the parameter is one of the model's.
double derivative(OracleModel& model, const FeatureDistribution& features, std::size_t j, Real& parameter) {
  const Real at = parameter;
  const Real h("1e-40");
  parameter = at + h;
  const Real above = output_loss(model, features, j);
  parameter = at - h;
  const Real below = output_loss(model, features, j);
  parameter = at;
  return static_cast<double>(Real((above - below) / (2 * h)));
}

}  // namespace

OracleLoss vertex_oracle(const ToyModel& model, const FeatureDistribution& features) {
  const OracleModel exact(model);
  const std::size_t n = exact.b.size();
  std::vector<Real> L(n + 1, Real(0));
  Real loss = 0;
  for (std::size_t pattern = 0; pattern < std::size_t{1} << n; ++pattern) {
    Real error = 0;
    for (std::size_t j = 0; j < n; ++j) {
      error += Real(features.importance[Eigen::Index(j)]) * output_error(exact.G, exact.b, j, pattern);
    }
    L[std::size_t(std::popcount(pattern))] += error;
    loss += probability_of(features, pattern) * error;
  }
  OracleLoss result{static_cast<double>(loss), {}};
  for (const Real& each : L) result.L.push_back(static_cast<double>(each));
  return result;
}

OracleGradient vertex_oracle_gradient(const ToyModel& model, const FeatureDistribution& features) {
  OracleModel exact(model);
  const Eigen::Index n = model.features();
  Eigen::MatrixXd by_G(n, n);
  OracleGradient gradient{{}, Eigen::VectorXd(n)};
  for (std::size_t j = 0; j < std::size_t(n); ++j) {
    gradient.by_b[Eigen::Index(j)] = derivative(exact, features, j, exact.b[j]);
    for (std::size_t i = 0; i < std::size_t(n); ++i) {
      by_G(Eigen::Index(j), Eigen::Index(i)) = derivative(exact, features, j, exact.G[j][i]);
    }
  }
  gradient.by_W = product(model.W, by_G + by_G.transpose());
  return gradient;
}

}  // namespace digon
