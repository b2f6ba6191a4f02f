#pragma once

#include <vector>

#include "theory/singular/extrapolation.hpp"
#include "theory/singular/posterior_sampling.hpp"

namespace digon {

// The local learning coefficient λ of a loss at a point w* (watanabe2009, lau2023): the volume of the points
// about w* with L(w) − L(w*) ≤ ε falls like ε^λ (log 1/ε)^(m−1), and the free energy of the posterior about
// w* grows like n L(w*) + λ log n. Half the number of parameters where the loss is curved in every direction,
// less where it is not. Estimated by
//   λ̂ = nβ (E[L(w)] − L(w*))
// over the posterior of posterior_sampling.hpp, as nβ → ∞.
//
// What γ does. It keeps the draws in the neighbourhood that "local" means, of radius about 1/√γ: another γ
// asks about another neighbourhood, where λ may be another. Where it is the same neighbourhood, λ̂ → λ for
// every γ as nβ → ∞, and a direction of curvature h is γ/(2(nβ h + γ)) short of ½ until then.
//
// What flat directions do. Straight ones, as of a feature that is absent and whose bias is below 0, add
// nothing to E[L]. Nor do those of an orbit W → QW, but that the orbit is curved and γ pulls along its chord.
// For m = 2 they integrate out: with s = |Σ_i w̄*_i w_i|, columns as complex numbers, the posterior of the
// shape alone is
//   exp(−nβ L − γ (‖w‖² + ‖w*‖² − 2 s)/2) · e^(−γs) I₀(γs),
// the distance to the orbit in place of that to w*, times a factor close to (2πγs)^(−1/2): smooth, hence a
// change of λ̂ by O(1/nβ). model_slice.hpp takes them out altogether, which is the same in the limit, and what
// samplers need.
//
// Example: L = w₁² w₂² at 0 has λ = ½ (m = 2), of two parameters; λ̂ is 0.41 at nβ = 10⁴, γ = 1.

/// λ̂ at one nβ and γ, and how far it is to be trusted.
struct LearningPoint {
  double inverse_temperature = 0.0;  ///< nβ
  double localisation = 0.0;         ///< γ
  double lambda = 0.0;               ///< λ̂, by control variates
  double standard_error = 0.0;
  double plain = 0.0;  ///< the mean of nβ (L − L*) as it is
  double plain_error = 0.0;
  double r_hat = 0.0;  ///< of nβ (L − L*) or of the distance from w*, the larger; above 1.01 chains disagree
  double effective = 0.0;  ///< independent draws that `plain` is worth
  double acceptance = 0.0;
  double diverged = 0.0;        ///< share of trajectories
  double below = 0.0;           ///< share of draws with nβ (L − L*) < −0.01: w* is no minimum there
  double distance = 0.0;        ///< root of the mean of ‖w − w*‖²
  std::size_t evaluations = 0;  ///< of the gradient

  /// The limit is drawn from such points alone, where there are any.
  [[nodiscard]] bool is_trustworthy() const { return r_hat < 1.05 && below < 0.01; }
};

/// Half the rank of the Hessian at w*, a lower bound of λ (watanabe2009), and λ itself where the directions
/// that are flat are those of a manifold of minima, as of rotations alone.
struct HessianRank {
  Eigen::Index rank = 0;
  double least_curved = 0.0;   ///< the smallest eigenvalue that counts
  double greatest_flat = 0.0;  ///< the largest absolute value of those that count as 0; 0 where none does
  double least = 0.0;          ///< of all eigenvalues: clearly below 0, w* is no minimum

  [[nodiscard]] double bound() const { return 0.5 * double(rank); }
};

/// Eigenvalues within 1e-6 of the largest, or 1e-8, count as 0: differences of a gradient over 1e-5 see 4e-10
/// of w⁴, and are good to some 1e-10, kinks apart.
HessianRank hessian_rank(const Curvature& curvature);

struct LearningOptions {
  std::vector<double> inverse_temperatures;     ///< nβ, ascending
  std::vector<double> localisations = {100.0};  ///< γ
  SamplingOptions sampling;                     ///< its seed makes one for each nβ and γ
};

struct LearningCoefficient {
  std::vector<LearningPoint> points;           ///< γ by γ, nβ ascending
  std::vector<Extrapolation> of_localisation;  ///< nβ → ∞, of each γ
  double lambda = 0.0;                         ///< their mean, weighted by 1/error²
  double error = 0.0;                          ///< the mean of theirs, larger where the γ disagree by more
  HessianRank hessian;

  /// Whether the limit of every γ is drawn from three trustworthy points or more.
  [[nodiscard]] bool is_trustworthy() const;
};

/// λ̂ by control variates: since the mean of every column of PosteriorDraws::controls is known to be 0, what
/// it explains of nβ (L − L*) is taken out (by least squares over all draws), and what is left has the same
/// mean and a smaller variance: none where the loss is homogeneous, as a quadratic or w₁² w₂² is, but for γ.
LearningPoint learning_point(const LocalPosterior& posterior, const PosteriorDraws& draws);

/// The whole of it at w* [N]. Throws as draw_posterior does, and InputError where no nβ or no γ is given.
LearningCoefficient learning_coefficient(const SmoothFunction& loss, const Eigen::VectorXd& at,
                                         const LearningOptions& options);

/// 10⁴, 10⁵, 10⁶, 10⁷ over a unit of loss, e.g. zero_model_loss.
std::vector<double> usual_temperatures(double unit);

}  // namespace digon
