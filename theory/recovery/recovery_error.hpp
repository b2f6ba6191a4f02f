#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

namespace digon {

/// How x [n] is read from h = Wx [m]; theory/recovery/sparse_recovery.hpp has all but the first. x ≥ 0 is
/// used where the law of the features says so.
enum class Decoder {
  readout,        ///< the model's own, x' = ReLU(Wᵀh + b), or of a linear model Wᵀh + b
  least_squares,  ///< non-negative least squares; where x ≥ 0
  least_l1,       ///< the least ‖x‖₁ with Wx = h
  pursuit,        ///< orthogonal matching pursuit, told how many features are active
  support,        ///< told which are active
};

/// "readout", "nnls", "l1", "omp" or "support".
std::string_view name_of(Decoder decoder);

/// Of one decoder over samples: Σ_j I_j (x_j − x̂_j)², the unit of the loss.
struct DecodedError {
  Decoder decoder = Decoder::readout;
  double mean = 0.0;
  double standard_error = 0.0;
  double recovered = 0.0;  ///< the share of samples with ‖x̂ − x‖ ≤ 1e-6 ‖x‖
};

/// What a sample mean of the loss is made of: `lost`, what no affine decoder finds in h, told which features
/// are active; `unfound`, what the best of readout, nnls and l1, which are told nothing, leaves beyond it;
/// and `readout`, what the readout leaves beyond the best of them.
struct LossParts {
  double lost = 0.0;
  double unfound = 0.0;
  double readout = 0.0;
  double readout_error = 0.0;  ///< standard error of `readout`, of the same samples
  Decoder best = Decoder::readout;
};

struct RecoveryErrors {
  std::vector<DecodedError> decoders;
  std::optional<LossParts> parts;  ///< where there is a readout
};

/// Every decoder on the same inputs [n×T] of the law (recovery_inputs of empirical/sampling/samples.hpp). A
/// model without a b [n] has no readout. The result does not depend on the threads (0: one a core). Throws
/// InputError on a bad model or law, a ReLU in the hidden layer, or fewer than 2 inputs; Interrupted.
RecoveryErrors recovery_errors(const ToyModel& model, const FeatureDistribution& features,
                               const Eigen::MatrixXd& inputs, std::size_t threads = 0);

/// Whether ‖x̂ − x‖ ≤ 1e-6 ‖x‖.
bool is_recovered(const Eigen::VectorXd& found, const Eigen::VectorXd& x);

/// W of another origin, of a model without a readout.
/// Gaussian columns of mean square length 1 [m×n].
ToyModel gaussian_model(Eigen::Index n, Eigen::Index m, std::uint64_t seed);
/// A random tight frame, WWᵀ = max(n/m, 1) 1: (AAᵀ)^{−1/2}A of a Gaussian A, scaled.
ToyModel tight_frame_model(Eigen::Index n, Eigen::Index m, std::uint64_t seed);

}  // namespace digon
