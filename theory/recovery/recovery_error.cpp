#include "theory/recovery/recovery_error.hpp"

#include <algorithm>
#include <cmath>

#include "core/algebra/dense_solvers.hpp"
#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "core/base/standard_error.hpp"
#include "theory/recovery/sparse_recovery.hpp"

namespace digon {
namespace {

std::vector<Eigen::Index> active_features(const Eigen::VectorXd& x) {
  std::vector<Eigen::Index> active;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    if (x[i] != 0.0) active.push_back(i);
  }
  return active;
}

/// What the decoders know of the law.
struct Known {
  Signs signs = Signs::any;
  double mean = 0.0;  ///< of an active feature
};

Known known_of(const FeatureDistribution& features) {
  if (!features.data) {
    return {features.values.least >= 0.0 ? Signs::nonnegative : Signs::any,
            0.5 * (features.values.least + features.values.greatest)};
  }
  const Eigen::MatrixXd& x = features.data->x;
  const auto active = double((x.array() != 0.0).count());
  return {x.minCoeff() >= 0.0 ? Signs::nonnegative : Signs::any, active > 0.0 ? x.sum() / active : 0.0};
}

Eigen::VectorXd decode(Decoder decoder, const ToyModel& model, const Known& known, const Eigen::VectorXd& x) {
  const Eigen::VectorXd h = model.W * x;
  switch (decoder) {
    case Decoder::readout: {
      const Eigen::VectorXd z = model.W.transpose() * h + model.b;
      return has_relu_output(model.kind) ? Eigen::VectorXd(z.cwiseMax(0.0)) : z;
    }
    case Decoder::least_squares:
      return nonnegative_least_squares(model.W, h);
    case Decoder::least_l1:
      return least_l1(model.W, h, known.signs).x;
    case Decoder::pursuit:
      return orthogonal_matching_pursuit(model.W, h, Eigen::Index(active_features(x).size()), known.signs);
    case Decoder::support:
      return recover_on_support(model.W, h, active_features(x), known.mean);
  }
  return x;
}

std::vector<Decoder> decoders_of(const ToyModel& model, const Known& known) {
  std::vector<Decoder> decoders;
  if (model.b.size() > 0) decoders.push_back(Decoder::readout);
  if (known.signs == Signs::nonnegative) decoders.push_back(Decoder::least_squares);
  decoders.insert(decoders.end(), {Decoder::least_l1, Decoder::pursuit, Decoder::support});
  return decoders;
}

/// What a readout's loss is made of, from the errors of every sample [samples × decoders].
LossParts parts_of(const std::vector<DecodedError>& decoders, const Eigen::ArrayXXd& errors) {
  std::size_t best = 0;  // the readout
  for (std::size_t d = 1; d < decoders.size(); ++d) {
    const bool told = decoders[d].decoder == Decoder::pursuit || decoders[d].decoder == Decoder::support;
    if (!told && decoders[d].mean < decoders[best].mean) best = d;
  }
  LossParts parts;
  parts.best = decoders[best].decoder;
  // An affine decoder that knows the active features need not know that x ≥ 0: those who do may do better.
  parts.lost = std::min(decoders.back().mean, decoders[best].mean);
  parts.unfound = decoders[best].mean - parts.lost;
  parts.readout = decoders.front().mean - decoders[best].mean;
  parts.readout_error = standard_error(errors.col(0) - errors.col(Eigen::Index(best)));
  return parts;
}

void require_recoverable(const ToyModel& model, const FeatureDistribution& features, Eigen::Index samples) {
  if (has_relu_hidden(model.kind)) {
    reject("model: {} given; accepted: models with h = Wx, linear and relu-output", name_of(model.kind));
  }
  ToyModel with_readout = model;
  if (model.b.size() == 0) with_readout.b = Eigen::VectorXd::Zero(model.features());
  validate(with_readout, features);
  if (samples < 2) reject("samples: {} given; at least 2 are needed", samples);
}

}  // namespace

std::string_view name_of(Decoder decoder) {
  switch (decoder) {
    case Decoder::readout:
      return "readout";
    case Decoder::least_squares:
      return "nnls";
    case Decoder::least_l1:
      return "l1";
    case Decoder::pursuit:
      return "omp";
    case Decoder::support:
      return "support";
  }
  return "";
}

RecoveryErrors recovery_errors(const ToyModel& model, const FeatureDistribution& features,
                               const Eigen::MatrixXd& inputs, std::size_t threads) {
  require_recoverable(model, features, inputs.cols());
  const Known known = known_of(features);
  const std::vector<Decoder> decoders = decoders_of(model, known);
  Eigen::ArrayXXd errors(inputs.cols(), Eigen::Index(decoders.size()));
  Eigen::ArrayXXd recovered(errors.rows(), errors.cols());
  parallel_for(std::size_t(inputs.cols()), threads, [&](std::size_t k) {
    throw_if_interrupted();
    const auto sample = Eigen::Index(k);
    const Eigen::VectorXd x = inputs.col(sample);
    for (std::size_t d = 0; d < decoders.size(); ++d) {
      const Eigen::VectorXd decoded = decode(decoders[d], model, known, x);
      errors(sample, Eigen::Index(d)) = features.importance.dot((decoded - x).cwiseAbs2());
      recovered(sample, Eigen::Index(d)) = is_recovered(decoded, x) ? 1.0 : 0.0;
    }
  });
  RecoveryErrors found;
  for (std::size_t d = 0; d < decoders.size(); ++d) {
    const Eigen::ArrayXd of_decoder = errors.col(Eigen::Index(d));
    found.decoders.push_back(
        {decoders[d], of_decoder.mean(), standard_error(of_decoder), recovered.col(Eigen::Index(d)).mean()});
  }
  if (decoders.front() == Decoder::readout) found.parts = parts_of(found.decoders, errors);
  return found;
}

bool is_recovered(const Eigen::VectorXd& found, const Eigen::VectorXd& x) {
  constexpr double exactly = 1e-6;
  return (found - x).norm() <= exactly * x.norm();
}

ToyModel gaussian_model(Eigen::Index n, Eigen::Index m, std::uint64_t seed) {
  ToyModel model;
  model.W.resize(m, n);
  fill_standard_normal({model.W.data(), std::size_t(model.W.size())}, {seed, Purpose::initial_weights});
  model.W /= std::sqrt(double(m));
  return model;
}

ToyModel tight_frame_model(Eigen::Index n, Eigen::Index m, std::uint64_t seed) {
  ToyModel model = gaussian_model(n, m, seed);
  if (n < m) {
    model.W = tight_frame_model(m, n, seed).W.transpose() * std::sqrt(double(n) / double(m));
    return model;
  }
  const SymmetricEigen eigen = symmetric_eigen(gram(model.W.transpose()));
  const Eigen::MatrixXd rotated = transposed_product(eigen.vectors, model.W);
  model.W = product(eigen.vectors,
                    (double(n) / double(m) * eigen.values.cwiseInverse()).cwiseSqrt().asDiagonal() * rotated);
  return model;
}

}  // namespace digon
