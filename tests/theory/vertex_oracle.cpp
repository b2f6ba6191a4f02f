#include "tests/theory/vertex_oracle.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>

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

}  // namespace

OracleLoss vertex_oracle(const ToyModel& model, const FeatureDistribution& features) {
  const auto n = std::size_t(model.features());
  // G in double, as theory sees it: the oracle is exact for those numbers.
  const Eigen::MatrixXd gram = model.W.transpose() * model.W;
  std::vector<std::vector<Real>> G(n, std::vector<Real>(n));
  std::vector<Real> b(n);
  for (std::size_t j = 0; j < n; ++j) {
    b[j] = model.b[Eigen::Index(j)];
    for (std::size_t i = 0; i < n; ++i) G[j][i] = gram(Eigen::Index(j), Eigen::Index(i));
  }

  std::vector<Real> L(n + 1, Real(0));
  Real loss = 0;
  for (std::size_t pattern = 0; pattern < std::size_t{1} << n; ++pattern) {
    Real probability = 1;
    std::size_t active = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const bool on = (pattern >> i & 1U) != 0;
      const Real p = features.density[Eigen::Index(i)];
      probability *= on ? p : Real(1 - p);
      active += on ? 1 : 0;
    }
    Real error = 0;
    for (std::size_t j = 0; j < n; ++j) {
      error += Real(features.importance[Eigen::Index(j)]) * output_error(G, b, j, pattern);
    }
    L[active] += error;
    loss += probability * error;
  }
  OracleLoss result{static_cast<double>(loss), {}};
  for (const Real& each : L) result.L.push_back(static_cast<double>(each));
  return result;
}

}  // namespace digon
