#include "theory/recovery/recovery_error.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "empirical/sampling/samples.hpp"
#include "tests/random_models.hpp"
#include "theory/loss/exact_loss.hpp"

using namespace digon;

namespace {

const DecodedError& error_of(const RecoveryErrors& errors, Decoder decoder) {
  for (const DecodedError& one : errors.decoders) {
    if (one.decoder == decoder) return one;
  }
  throw std::logic_error("no such decoder");
}

RecoveryErrors errors_of(const ToyModel& model, const FeatureDistribution& features, Eigen::Index samples,
                         std::uint64_t seed = 0, std::size_t threads = 1) {
  return recovery_errors(model, features, recovery_inputs(features, samples, seed, threads), threads);
}

}  // namespace

TEST_CASE("the readout's error is the loss, within its standard error, and its parts sum to it") {
  FeatureDistribution features = uniform_features(12, 0.15);
  features.importance = parse_importance("importance", "0.9^i", 12);
  ToyModel model = tight_frame_model(12, 6, 3);
  model.W *= std::sqrt(0.5);
  model.b = Eigen::VectorXd::Constant(12, -0.05);
  const RecoveryErrors found = errors_of(model, features, 4000, 5);
  const DecodedError& readout = error_of(found, Decoder::readout);
  const double exact = exact_loss(model, features).loss;
  CHECK(std::abs(readout.mean - exact) < 4.0 * readout.standard_error);
  CHECK(std::abs(readout.mean - 1.2 * exact) > 4.0 * readout.standard_error);  // its null
  REQUIRE(found.parts);
  CHECK(found.parts->lost + found.parts->unfound + found.parts->readout == Approx(readout.mean));
  CHECK(found.parts->readout > 4.0 * found.parts->readout_error);
  // At most 6 active features are known exactly by their support.
  CHECK(found.parts->lost < 0.01 * readout.mean);
  CHECK(error_of(found, Decoder::support).recovered > 0.99);
  CHECK(error_of(found, Decoder::least_squares).mean < readout.mean);
  const RecoveryErrors again = errors_of(model, features, 4000, 5, 2);
  for (std::size_t d = 0; d < found.decoders.size(); ++d) {
    CHECK(found.decoders[d].mean == again.decoders[d].mean);
    CHECK(found.decoders[d].standard_error == again.decoders[d].standard_error);
  }
}

TEST_CASE("inputs without an active feature count too, whatever the number of samples") {
  const FeatureDistribution features = uniform_features(4, 0.02);
  const ToyModel model{Eigen::MatrixXd::Zero(1, 4), Eigen::VectorXd::Zero(4)};  // answers 0
  const DecodedError found = error_of(errors_of(model, features, 40), Decoder::readout);
  CHECK(std::abs(found.mean - zero_model_loss(features)) < 4.0 * found.standard_error);
  CHECK(found.recovered > 0.8);  // 0.98⁴ of them are 0
}

TEST_CASE("least l1 depends on the row space alone, which a Gaussian W and its tight frame share") {
  const FeatureDistribution features = with_active(uniform_features(20, 0.0), 3);
  const Eigen::MatrixXd inputs = recovery_inputs(features, 200, 1);
  const ToyModel gaussian = gaussian_model(20, 8, 4);
  const ToyModel frame = tight_frame_model(20, 8, 4);
  CHECK((frame.W * frame.W.transpose() - 2.5 * Eigen::MatrixXd::Identity(8, 8)).norm() < 1e-12);
  CHECK((gaussian.W * gaussian.W.transpose() - 2.5 * Eigen::MatrixXd::Identity(8, 8)).norm() > 0.1);
  const RecoveryErrors of_gaussian = recovery_errors(gaussian, features, inputs);
  const RecoveryErrors of_frame = recovery_errors(frame, features, inputs);
  const auto l1 = [](const RecoveryErrors& errors) { return error_of(errors, Decoder::least_l1).mean; };
  CHECK(l1(of_gaussian) == Approx(l1(of_frame)).epsilon(1e-8));
  CHECK(l1(of_gaussian) != Approx(l1(recovery_errors(gaussian_model(20, 8, 5), features, inputs))));
  CHECK_FALSE(of_gaussian.parts);  // no readout
}

TEST_CASE("signed features are decoded without x >= 0, samples of data as they are, bad input refused") {
  FeatureDistribution features = uniform_features(10, 0.2);
  features.values = ActiveValue::signed_uniform;
  const RecoveryErrors found = errors_of(gaussian_model(10, 10, 2), features, 50);
  CHECK(found.decoders.front().decoder == Decoder::least_l1);
  CHECK(error_of(found, Decoder::least_l1).recovered == 1.0);  // m = n
  auto data = std::make_shared<FeatureData>();
  data->x = Eigen::MatrixXd::Identity(10, 7);
  features = with_data(uniform_features(10, 0.1), data);
  CHECK(error_of(errors_of(gaussian_model(10, 6, 2), features, 4096), Decoder::pursuit).recovered == 1.0);
  ToyModel hidden = gaussian_model(10, 6, 2);
  hidden.b = Eigen::VectorXd::Zero(10);
  hidden.kind = ModelKind::relu_hidden;
  CHECK_THROWS_WITH(errors_of(hidden, features, 10), Catch::Contains("accepted: models with h = Wx"));
  CHECK_THROWS_AS(errors_of(gaussian_model(9, 6, 2), features, 10), InputError);
  CHECK_THROWS_AS(errors_of(gaussian_model(10, 6, 2), features, 1), InputError);
}
