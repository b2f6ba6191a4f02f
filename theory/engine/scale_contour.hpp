#pragma once

#include <Eigen/Core>
#include <complex>
#include <cstddef>

#include "theory/engine/contour.hpp"
#include "theory/engine/contour_line.hpp"
#include "theory/engine/count_chain.hpp"
#include "theory/engine/power_points.hpp"
#include "theory/engine/small_sum.hpp"

#include "theory/numerics/scratch.hpp"

namespace digon {

/// The other features of an output, sorted by falling |g|, and its own.
struct SortedFeatures {
  double own = 0.0;                         ///< a
  Eigen::VectorXd g;                        ///< g_i ≠ 0
  Eigen::VectorXd density;                  ///< p_i > 0
  std::vector<const Cumulants*> cumulants;  ///< of p_i
  Law law = {};

  [[nodiscard]] std::size_t size() const { return std::size_t(g.size()); }
};

/// Which patterns a contour sums, over the features from `first` on: those with at least k₀ of [first,
/// counted) active.
struct CountedScale {
  std::size_t first = 0;
  std::size_t counted = 0;
  int least = 0;  ///< k₀
};

/// A sum F over points and its derivatives, gathered as they are computed.
struct PowerSumParts {
  Eigen::VectorXd by_g;
  double by_a = 0.0;
  double uncertainty = 0.0;
  std::size_t nodes = 0;
};

/// The truncated moments of some points as Bromwich integrals,
///   V_{e,r}(t) = (1/2πi) ∫ r!/s^{r+1} e^{st} M_e(sa) E[e^{sy}] ds,
/// by the trapezoid rule on Re s = c with step 2π/P. The rule sees Σ_k (−1)^k e^{−ckP} V(t + kP). With P at
/// least |t + y| (for all that matters), V(t − kP) = 0 and V(t + kP) is a polynomial in the moments of y: the
/// aliases are known and subtracted. What is left is truncation.
///
/// Without features, V_{−1,2}(t) = t²; at t = 0.5 with P = 1 the rule tends to 0.25 − e⁻⁴ 1.5² + e⁻⁸ 2.5² − …
/// = 0.2108134 (0.2109230 after 8 nodes), and the aliases, −0.0391866, make it 0.25.
///
/// Counted features enter by CountChain. Of the others those of small |s g| enter together by their
/// cumulants, so that a node costs no more than the couplings that must be resolved there: up to 2.5 at a
/// tolerance of 1e-8 and density 0.1 (on [0, 1]), the further out the sparser and the looser.
class ScaleContour {
 public:
  /// `period` is P. `chosen` are the points to be integrated.
  ScaleContour(const SortedFeatures& features, CountedScale scale, double period, const PowerPoints& points,
               const ScratchVector<std::size_t>& chosen);

  /// Adds nodes until the estimated truncation errors of F and of its derivatives are within their tolerances
  /// or the nodes are spent; adds what they give to the points' values and to the parts.
  void integrate(const ContourOptions& options, PowerPoints& points, PowerSumParts& parts);

 private:
  void add_block();
  void let_be_small(const ContourOptions& options);
  void regroup(const NodeBlock& block);
  void flush_small();
  void add_points(const NodeBlock& block, const ComplexLanes& product, ComplexLanes& by_y);
  void back_propagate(const NodeBlock& block, const ComplexLanes& adjoint);
  void gather_magnitude(const NodeBlock& block, const ComplexLanes& product, const ComplexLanes& term);
  [[nodiscard]] double truncation();
  void subtract_aliases(PowerPoints& points, PowerSumParts& parts) const;
  /// The same by series of up to N coefficients.
  template <std::size_t N>
  void subtract_aliases_in(PowerPoints& points, PowerSumParts& parts) const;

  /// The nodes below the real axis are the conjugates: (h/2π) Σ over all l is (h/π) Σ_{l≥0} Re.
  [[nodiscard]] double weight_of_node() const { return line_.h / std::numbers::pi; }
  [[nodiscard]] double omega() const { return static_cast<double>(blocks_ * lane_count) * line_.h; }
  /// Where patterns need not be counted, no feature is.
  [[nodiscard]] std::size_t first_uncounted() const {
    return scale_.least == 0 ? scale_.first : scale_.counted;
  }
  [[nodiscard]] double density(std::size_t i) const { return features_.density[Eigen::Index(i)]; }

  struct LaneAlgebra {
    using Element = ComplexLanes;
    [[nodiscard]] static Element zero() { return {}; }
    [[nodiscard]] static Element add_real(double u, const Element& a) { return u + a; }
    [[nodiscard]] static Element scale(double u, const Element& a) { return u * a; }
    [[nodiscard]] static Element add(const Element& a, const Element& b) { return a + b; }
    [[nodiscard]] static Element multiply(const Element& a, const Element& b) { return a * b; }
    [[nodiscard]] static Element multiply_transposed(const Element& a, const Element& b) { return a * b; }
  };

  using LaneChain = CountChain<LaneAlgebra>;

  const SortedFeatures& features_;
  CountedScale scale_;
  ContourLine line_;
  const PowerPoints& points_;
  const ScratchVector<std::size_t>& chosen_;
  std::size_t blocks_ = 0;

  ScratchVector<CouplingOnLine> single_;  // of the features [first, small_.first())
  LaneChain chain_;
  SmallSum small_;
  double band_end_ = 0.0;       // |s| up to which small_ holds
  double left_of_small_ = 0.0;  // what its factor may be off by, relative to it
  double largest_ = 0.0;        // |g_first|
  /// Σ (|s g_i|/radius_i)^21 of the features from each on, at |s| = 1/largest_. Empty: none may be small.
  ScratchVector<double> beyond_;
  std::array<Lanes, cumulants_on_contour + 1> small_T_{};
  Eigen::VectorXd small_by_g_;

  ExponentialOnLine<3> own_;
  ScratchVector<ExponentialSequence> shifts_;
  ScratchVector<ComplexLanes> inverse_powers_;
  ScratchVector<double> weights_;  // times r!, as in the points
  ScratchVector<Lanes> values_;    // over r!
  Lanes by_a_{};
  ScratchVector<Lanes> by_g_;  // of single_

  ScratchVector<double> weight_of_power_;  // Σ |weight| r!, by r
  ScratchVector<double> size_of_power_;    // Σ |weight| r! e^{ct}
  int decay_ = 0;                          // the derivatives' terms fall at least like |s|^{−decay}
  ScratchVector<double> magnitudes_;       // Σ |terms of ∂F/∂t|, by block
  ScratchVector<std::complex<double>> partial_sums_;  // of ∂F/∂t, after each block
  double value_magnitude_ = 0.0;
  double oscillation_ = 0.0;  // the last estimate by oscillation, and after how many blocks
  std::size_t oscillation_blocks_ = 0;
};

}  // namespace digon
