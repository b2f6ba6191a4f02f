#include "theory/packing/packing_energy.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "core/base/named_choice.hpp"
#include "core/base/parse_number.hpp"
#include "theory/numerics/complex_lanes.hpp"

namespace digon {
namespace {

constexpr NamedChoices<PairEnergy, 4> energy_names{{{PairEnergy::coulomb, "coulomb"},
                                                    {PairEnergy::log, "log"},
                                                    {PairEnergy::relu2, "relu2"},
                                                    {PairEnergy::frame, "frame"}}};
constexpr std::string_view riesz_prefix = "riesz:";

/// 1/√x: single precision, then Newton's method twice, which is exact to rounding for 1e-30 < x < 1e30 and
/// costs less than a root and a quotient in double.
Lanes inverse_square_root(const Lanes& x) {
  using Floats = float __attribute__((vector_size(simd_bytes / 2)));
  Floats start = __builtin_convertvector(x, Floats);
  for (std::size_t k = 0; k < lane_count; ++k) start[k] = 1.0F / std::sqrt(start[k]);
  const Lanes y = __builtin_convertvector(start, Lanes);
  const Lanes left = 1.0 - x * y * y;
  return y + y * left * (0.5 + 0.375 * left);
}

struct LanePair {
  Lanes value;
  Lanes first;
};

/// f and f' at some inner products; `square` is r².
template <PairEnergy kind>
LanePair evaluate(const Lanes& c, double exponent) {
  const Lanes square = 2.0 - 2.0 * c;
  if constexpr (kind == PairEnergy::coulomb) {
    const Lanes inverse = inverse_square_root(square);
    return {inverse, inverse * inverse * inverse};
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

/// The coordinates of n points, each coordinate apart and padded to whole blocks.
class Coordinates {
 public:
  Coordinates(std::size_t m, std::size_t n)
      : blocks_((n + lane_count - 1) / lane_count), values_(m * blocks_, Lanes{}) {}

  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  [[nodiscard]] Lanes* of(std::size_t a) { return values_.data() + a * blocks_; }
  [[nodiscard]] double& at(std::size_t a, std::size_t i) {
    return reinterpret_cast<double*>(of(a))[i];  // the lanes are doubles side by side
  }

 private:
  std::size_t blocks_;
  std::vector<Lanes> values_;
};

/// Leaves 0 where a block beginning at point `begin` holds points that are not beyond i or not below n.
Lanes kept(const Lanes& lanes, std::size_t begin, std::size_t i, std::size_t n) {
  Lanes result = lanes;
  for (std::size_t k = 0; k < lane_count; ++k) {
    if (begin + k <= i || begin + k >= n) result[k] = 0.0;
  }
  return result;
}

/// The pairs of R points i, i + 1, … with all points after them, a vector at a time: R at once share the
/// loads and stores of the others. M is m, or 0 where it is known only at run time; `by_xi` has room for R m.
template <PairEnergy kind, std::size_t M, std::size_t R>
Lanes add_rows(const Eigen::MatrixXd& W, double exponent, std::size_t i, Coordinates& x, Coordinates& by_x,
               Lanes* by_xi) {
  const std::size_t m = M > 0 ? M : std::size_t(W.rows());
  const auto n = std::size_t(W.cols());
  const double* xi = W.col(Eigen::Index(i)).data();
  for (std::size_t a = 0; a < R * m; ++a) by_xi[a] = Lanes{};
  Lanes energy{};
  for (std::size_t b = (i + 1) / lane_count; b < x.blocks(); ++b) {
    const std::size_t begin = b * lane_count;
    const bool whole = begin > i + R - 1 && begin + lane_count <= n;
    std::array<Lanes, R> first;
    for (std::size_t r = 0; r < R; ++r) {
      Lanes c{};
      for (std::size_t a = 0; a < m; ++a) c += xi[r * m + a] * x.of(a)[b];
      LanePair pair;
      if (whole) {
        pair = evaluate<kind>(c, exponent);
      } else {
        pair = evaluate<kind>(kept(c, begin, i + r, n), exponent);
        pair = {kept(pair.value, begin, i + r, n), kept(pair.first, begin, i + r, n)};
      }
      energy += pair.value;
      first[r] = pair.first;
    }
    for (std::size_t a = 0; a < m; ++a) {
      const Lanes xa = x.of(a)[b];
      Lanes by_xa = by_x.of(a)[b];
      for (std::size_t r = 0; r < R; ++r) {
        by_xi[r * m + a] += first[r] * xa;
        by_xa += xi[r * m + a] * first[r];
      }
      by_x.of(a)[b] = by_xa;
    }
  }
  for (std::size_t r = 0; r < R; ++r) {
    for (std::size_t a = 0; a < m; ++a) by_x.at(a, i + r) += sum_of(by_xi[r * m + a]);
  }
  return energy;
}

/// Every pair once.
template <PairEnergy kind, std::size_t M>
double sum_pairs(const Eigen::MatrixXd& W, double exponent, Eigen::MatrixXd* by_W) {
  const std::size_t m = M > 0 ? M : std::size_t(W.rows());
  const auto n = std::size_t(W.cols());
  Coordinates x(m, n);
  Coordinates by_x(m, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t a = 0; a < m; ++a) x.at(a, i) = W(Eigen::Index(a), Eigen::Index(i));
  }
  constexpr std::size_t rows = 2;
  std::array<Lanes, rows * M> fixed;
  std::vector<Lanes> allocated(M > 0 ? 0 : rows * m);
  Lanes* const by_xi = M > 0 ? fixed.data() : allocated.data();
  Lanes energy{};
  std::size_t i = 0;
  for (; i + rows <= n; i += rows) energy += add_rows<kind, M, rows>(W, exponent, i, x, by_x, by_xi);
  if (i < n) energy += add_rows<kind, M, 1>(W, exponent, i, x, by_x, by_xi);
  if (by_W != nullptr) {
    by_W->resize(W.rows(), W.cols());
    for (i = 0; i < n; ++i) {
      for (std::size_t a = 0; a < m; ++a) (*by_W)(Eigen::Index(a), Eigen::Index(i)) = by_x.at(a, i);
    }
  }
  return sum_of(energy);
}

template <PairEnergy kind>
double sum_pairs(const Eigen::MatrixXd& W, double exponent, Eigen::MatrixXd* by_W) {
  switch (W.rows()) {
    case 2:
      return sum_pairs<kind, 2>(W, exponent, by_W);
    case 3:
      return sum_pairs<kind, 3>(W, exponent, by_W);
    case 4:
      return sum_pairs<kind, 4>(W, exponent, by_W);
    default:
      return sum_pairs<kind, 0>(W, exponent, by_W);
  }
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
  const Eigen::MatrixXd G = gram(W);
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

std::string name_of(const PackingEnergy& energy) {
  if (energy.kind == PairEnergy::riesz) return fmt::format("{}{}", riesz_prefix, energy.exponent);
  return std::string(name_in(energy_names, energy.kind));
}

PackingEnergy parse_packing_energy(std::string_view option, std::string_view name, std::string_view besides) {
  for (const auto& [kind, its_name] : energy_names) {
    if (name == its_name) return {kind, kind == PairEnergy::coulomb ? 1.0 : 0.0};
  }
  if (name.starts_with(riesz_prefix)) {
    const std::optional<double> exponent = parse_number(name.substr(riesz_prefix.size()));
    if (exponent && *exponent > 0.0 && *exponent <= 1000.0) return {PairEnergy::riesz, *exponent};
    reject("{}: '{}' given; accepted: riesz:S with 0 < S ≤ 1000", option, name);
  }
  reject("{}: '{}' given; accepted: coulomb, log, riesz:S, relu2, frame{}", option, name, besides);
}

void require_finite_energy(const PackingEnergy& energy, const Eigen::MatrixXd& W, const std::string& source) {
  for (Eigen::Index i = 0; energy.is_singular() && i < W.cols(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      if ((W.col(i) - W.col(j)).norm() < 1e-12) {
        reject("{}: points {} and {} coincide, which costs infinite energy; accepted: distinct points",
               source, j, i);
      }
    }
  }
}

}  // namespace digon
