#include "theory/packing_energy.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

#include "theory/complex_lanes.hpp"

namespace digon {
namespace {

using LaneArray = Eigen::Map<Eigen::Array<double, lane_count, 1>, Eigen::Aligned64>;
using ConstLaneArray = Eigen::Map<const Eigen::Array<double, lane_count, 1>, Eigen::Aligned64>;

Lanes square_root(const Lanes& x) {
  Lanes result;
  LaneArray(reinterpret_cast<double*>(&result)) = ConstLaneArray(reinterpret_cast<const double*>(&x)).sqrt();
  return result;
}
Lanes logarithm(const Lanes& x) {
  Lanes result;
  LaneArray(reinterpret_cast<double*>(&result)) = ConstLaneArray(reinterpret_cast<const double*>(&x)).log();
  return result;
}
Lanes exponential(const Lanes& x) {
  Lanes result;
  LaneArray(reinterpret_cast<double*>(&result)) = ConstLaneArray(reinterpret_cast<const double*>(&x)).exp();
  return result;
}

struct LanePair {
  Lanes value;
  Lanes first;
};

/// f and f' at eight inner products; `square` is r².
template <PairEnergy kind>
LanePair evaluate(const Lanes& c, double exponent) {
  const Lanes square = 2.0 - 2.0 * c;
  if constexpr (kind == PairEnergy::coulomb) {
    const Lanes inverse = 1.0 / square_root(square);
    return {inverse, inverse / square};
  } else if constexpr (kind == PairEnergy::log) {
    return {-0.5 * logarithm(square), 1.0 / square};
  } else if constexpr (kind == PairEnergy::riesz) {
    const Lanes value = exponential((-0.5 * exponent) * logarithm(square));
    return {value, exponent * value / square};
  } else if constexpr (kind == PairEnergy::relu2) {
    const Lanes on = c > 0.0 ? c : Lanes{};
    return {on * on, 2.0 * on};
  } else {
    return {c * c, 2.0 * c};
  }
}

/// Every pair once, eight at a time: point i with points j > i. Coordinates are kept apart, each padded to
/// whole blocks.
template <PairEnergy kind>
double sum_pairs(const Eigen::MatrixXd& W, double exponent, Eigen::MatrixXd* by_W) {
  const auto m = std::size_t(W.rows());
  const auto n = std::size_t(W.cols());
  const std::size_t blocks = (n + lane_count - 1) / lane_count;
  std::vector<Lanes> x(m * blocks, Lanes{});
  std::vector<Lanes> by_x(by_W != nullptr ? m * blocks : 0, Lanes{});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t a = 0; a < m; ++a) {
      x[a * blocks + i / lane_count][i % lane_count] = W(Eigen::Index(a), Eigen::Index(i));
    }
  }
  std::vector<Lanes> by_xi(m);
  Lanes energy{};
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const double* xi = W.col(Eigen::Index(i)).data();
    for (Lanes& entry : by_xi) entry = Lanes{};
    for (std::size_t b = (i + 1) / lane_count; b < blocks; ++b) {
      Lanes c{};
      for (std::size_t a = 0; a < m; ++a) c += xi[a] * x[a * blocks + b];
      const std::size_t begin = b * lane_count;
      const bool whole = begin > i && begin + lane_count <= n;
      if (!whole) {
        for (std::size_t k = 0; k < lane_count; ++k) {
          if (begin + k <= i || begin + k >= n) c[k] = 0.0;
        }
      }
      LanePair pair = evaluate<kind>(c, exponent);
      if (!whole) {
        for (std::size_t k = 0; k < lane_count; ++k) {
          if (begin + k <= i || begin + k >= n) pair.value[k] = pair.first[k] = 0.0;
        }
      }
      energy += pair.value;
      if (by_W == nullptr) continue;
      for (std::size_t a = 0; a < m; ++a) {
        by_xi[a] += pair.first * x[a * blocks + b];
        by_x[a * blocks + b] += xi[a] * pair.first;
      }
    }
    if (by_W == nullptr) continue;
    for (std::size_t a = 0; a < m; ++a) {
      double sum = 0.0;
      for (std::size_t k = 0; k < lane_count; ++k) sum += by_xi[a][k];
      by_x[a * blocks + i / lane_count][i % lane_count] += sum;
    }
  }
  if (by_W != nullptr) {
    by_W->resize(W.rows(), W.cols());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t a = 0; a < m; ++a) {
        (*by_W)(Eigen::Index(a), Eigen::Index(i)) = by_x[a * blocks + i / lane_count][i % lane_count];
      }
    }
  }
  double sum = 0.0;
  for (std::size_t k = 0; k < lane_count; ++k) sum += energy[k];
  return sum;
}

}  // namespace

PairDerivatives pair_energy(const PackingEnergy& energy, double c) {
  const double square = 2.0 - 2.0 * c;
  switch (energy.kind) {
    case PairEnergy::coulomb: {
      const double value = 1.0 / std::sqrt(square);
      return {value, value / square, 3.0 * value / (square * square)};
    }
    case PairEnergy::log:
      return {-0.5 * std::log(square), 1.0 / square, 2.0 / (square * square)};
    case PairEnergy::riesz: {
      const double s = energy.exponent;
      const double value = std::pow(square, -0.5 * s);
      return {value, s * value / square, s * (s + 2.0) * value / (square * square)};
    }
    case PairEnergy::relu2:
      return c > 0.0 ? PairDerivatives{c * c, 2.0 * c, 2.0} : PairDerivatives{};
    case PairEnergy::frame:
      return {c * c, 2.0 * c, 2.0};
  }
  return {};
}

double packing_energy(const PackingEnergy& energy, const Eigen::MatrixXd& W, Eigen::MatrixXd* by_W) {
  switch (energy.kind) {
    case PairEnergy::coulomb:
      return sum_pairs<PairEnergy::coulomb>(W, 1.0, by_W);
    case PairEnergy::log:
      return sum_pairs<PairEnergy::log>(W, 0.0, by_W);
    case PairEnergy::riesz:
      return sum_pairs<PairEnergy::riesz>(W, energy.exponent, by_W);
    case PairEnergy::relu2:
      return sum_pairs<PairEnergy::relu2>(W, 0.0, by_W);
    case PairEnergy::frame:
      return sum_pairs<PairEnergy::frame>(W, 0.0, by_W);
  }
  return 0.0;
}

Eigen::VectorXd energy_of_points(const PackingEnergy& energy, const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd G = W.transpose() * W;
  Eigen::VectorXd of_point = Eigen::VectorXd::Zero(W.cols());
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      const double value = pair_energy(energy, G(i, j)).value;
      of_point[i] += value;
      of_point[j] += value;
    }
  }
  return of_point;
}

}  // namespace digon
