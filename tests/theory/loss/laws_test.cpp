// Every law of an active value: the loss, its gradient and its decomposition against the vertex sums.
#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "empirical/training/sampled_loss.hpp"
#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"
#include "tests/theory/vertex_oracle.hpp"
#include "theory/law/law.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace {

using namespace digon;

constexpr ActiveValue intervals[] = {{-1.0, 1.0}, {0.5, 1.5},  {0.0, 2.0},  {-2.0, -0.5},
                                     {-0.5, 1.0}, {-3.0, 0.0}, {0.01, 0.5}, {30.0, 70.0}};
constexpr ActiveValue constants[] = {{1.0, 1.0}, {-2.0, -2.0}, {0.3, 0.3}};

OracleLaw oracle_law(const ActiveValue& values) {
  return {values.least, values.greatest};
}

FeatureDistribution with_values(FeatureDistribution features, const ActiveValue& values) {
  features.values = values;
  return features;
}

/// The exact loss, its error bound and its decomposition against the oracle, to what is promised.
void require_exact_parts(const ToyModel& model, const FeatureDistribution& features) {
  const OracleLoss oracle = vertex_oracle(model, features, oracle_law(features.values));
  const ExactLoss exact = exact_loss(model, features);
  const double zero = zero_model_loss(features);
  CAPTURE(name_of(features.values), model.W, model.b.transpose(), features.density.transpose(), oracle.loss,
          exact.loss, exact.error);
  REQUIRE(std::abs(exact.loss - oracle.loss) <= 1e-10 * std::max(oracle.loss, 1e-6 * zero));
  REQUIRE(std::abs(exact.loss - oracle.loss) <= exact.error + 4e-16 * oracle.loss);
  CHECK(exact.loss == Approx(exact.reconstruction.sum() + exact.interference.sum()).epsilon(1e-12));

  const Decomposition parts = decompose(model, features.importance, {}, features.values);
  const Law law = law_of(features);
  const double smallest = std::max(oracle.L[1], scaled_moment(law, 1e-6 * features.importance.sum(), 2)) /
                          double(features.features());
  const OneSparseLoss one = one_sparse_loss(model, features.importance, law);
  CHECK(one.total() == Approx(oracle.L[1]).epsilon(1e-12).margin(1e-14 * zero));
  const Eigen::VectorXd mean = parts.L_mean();
  double patterns = 1.0;
  for (Eigen::Index k = 0; k < mean.size(); ++k) {
    const double exact_mean = oracle.L[std::size_t(k)] / patterns;
    CAPTURE(k, mean[k], exact_mean);
    REQUIRE(std::abs(mean[k] - exact_mean) <= 1e-10 * std::max(exact_mean, smallest));
    patterns *= double(mean.size() - 1 - k) / double(k + 1);
  }
}

void require_law_gradient(const ToyModel& model, const FeatureDistribution& features) {
  const OracleGradient oracle = vertex_oracle_gradient(model, features, oracle_law(features.values));
  const LossGradient gradient = exact_loss_gradient(model, features);
  CAPTURE(name_of(features.values), model.W, model.b.transpose(), features.density.transpose(), oracle.by_W,
          gradient.by_W, oracle.by_b, gradient.by_b);
  const double unit = unit_of(features.values);
  const double zero = zero_model_loss(features);
  REQUIRE((gradient.by_W - oracle.by_W).norm() <= 1e-8 * (oracle.by_W.norm() + zero));
  REQUIRE((gradient.by_b - oracle.by_b).norm() <= 1e-8 * (oracle.by_b.norm() + zero / unit));
}

ToyModel scaled_model(Eigen::Index n, Eigen::Index m, double scale, std::uint64_t seed,
                      const ActiveValue& values) {
  ToyModel model = random_model(n, m, scale, seed);
  model.b *= unit_of(values);
  return model;
}

}  // namespace

TEST_CASE("laws: the exact loss and its parts are the vertex sums, intervals and constants") {
  std::uint64_t seed = 0;
  const auto check = [&](const ActiveValue& values) {
    for (int k = 0; k < 12; ++k, ++seed) {
      const Eigen::Index n = 1 + Eigen::Index(seed % 6);
      const double scale = std::array{0.3, 0.7, 1.2, 3.0}[seed % 4];
      const double density = std::array{1.0, 0.5, 0.1, 0.01, 1e-4}[seed % 5];
      CAPTURE(seed);
      require_exact_parts(
          scaled_model(n, 1 + Eigen::Index(seed % 3), scale, seed, values),
          with_values(k % 2 == 0 ? uneven_features(n, seed) : uniform_features(n, density), values));
    }
  };
  for (const ActiveValue& values : intervals) check(values);
  for (const ActiveValue& values : constants) check(values);
}

TEST_CASE("laws: couplings of many scales, absent features, always active ones") {
  for (const ActiveValue& values : {ActiveValue{-1.0, 1.0}, ActiveValue{0.5, 1.5}, ActiveValue{1.0, 1.0}}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      ToyModel model = scaled_model(4 + Eigen::Index(seed % 3), 2, 0.8, seed, values);
      for (Eigen::Index i = 0; i < model.features(); i += 2)
        model.W.col(i) *= std::pow(10.0, -2.0 * double(i));
      if (seed % 2 == 0) model.W.col(1).setZero();
      if (seed % 3 == 0) model.b.setZero();
      FeatureDistribution features = with_values(uneven_features(model.features(), seed), values);
      features.density[0] = 1.0;
      features.density[2] = 0.01;
      CAPTURE(seed);
      require_exact_parts(model, features);
    }
  }
}

TEST_CASE("laws: the gradient is that of the vertex sums") {
  std::uint64_t seed = 0;
  const auto check = [&](const ActiveValue& values) {
    for (int k = 0; k < 6; ++k, ++seed) {
      const Eigen::Index n = 1 + Eigen::Index(seed % 5);
      const double density = std::array{1.0, 0.5, 0.1, 0.01}[seed % 4];
      CAPTURE(seed);
      require_law_gradient(
          scaled_model(n, 1 + Eigen::Index(seed % 3), std::array{0.3, 0.8, 2.0}[seed % 3], seed, values),
          with_values(k % 2 == 0 ? uneven_features(n, seed) : uniform_features(n, density), values));
    }
  };
  for (const ActiveValue& values : intervals) check(values);
  for (const ActiveValue& values : constants) check(values);
}

TEST_CASE("laws: many features, the gradient is the derivative and the loss that of samples") {
  for (const ActiveValue& values : {ActiveValue{-1.0, 1.0}, ActiveValue{0.25, 1.0}, ActiveValue{1.0, 1.0}}) {
    const Eigen::Index n = 24;
    const ToyModel model = random_model(n, 5, 0.4, 9);
    const FeatureDistribution features = with_values(uneven_features(n, 9), values);
    ExactLossOptions options;
    options.relative_tolerance = 1e-12;
    const LossGradient gradient = exact_loss_gradient(model, features, options);
    const SampledLoss sampled = sampled_loss(model, features, 1 << 18, 3, 1);
    CAPTURE(name_of(values), gradient.loss, sampled.mean, sampled.standard_error);
    CHECK(std::abs(gradient.loss - sampled.mean) <= 4.0 * sampled.standard_error);
    const SampledLoss other = sampled_loss(model, with_values(features, ActiveValue::uniform), 1 << 18, 3, 1);
    CHECK(std::abs(gradient.loss - other.mean) > 10.0 * other.standard_error);  // of another law
    if (values.is_constant()) continue;                                         // has kinks everywhere
    // Along a direction of all parameters.
    const Eigen::VectorXd x = parameters_of(model.W, model.b);
    const Eigen::VectorXd along = Eigen::VectorXd::LinSpaced(x.size(), -0.1, 0.1);
    check_derivatives(
        [&](const Eigen::VectorXd& s) {
          return exact_loss(with_parameters(model, x + s[0] * along), features, options).loss;
        },
        Eigen::VectorXd::Zero(1),
        {gradient.loss,
         Eigen::VectorXd::Constant(1, along.dot(parameters_of(gradient.by_W, gradient.by_b)))});
  }
}

TEST_CASE("laws: a narrow interval tends to its constant, and the linear model knows two moments alone") {
  const ToyModel model = random_model(5, 2, 0.7, 31);
  const FeatureDistribution features = uneven_features(5, 31);
  const double at_one = exact_loss(model, with_values(features, ActiveValue::binary)).loss;
  ExactLossOptions loose;  // what narrow vertices leave of the digits
  loose.relative_tolerance = 1e-5;
  CHECK(exact_loss(model, with_values(features, {0.99, 1.01}), loose).loss == Approx(at_one).epsilon(1e-2));
  CHECK(exact_loss(model, with_values(features, {0.5, 1.5})).loss != Approx(at_one).epsilon(1e-2));

  ToyModel linear = model;
  linear.kind = ModelKind::linear;
  for (const ActiveValue& values : intervals) {
    const Law law = law_of(values);
    double loss = 0.0;  // theory.md §3
    const Eigen::MatrixXd G = model.W.transpose() * model.W;
    for (Eigen::Index j = 0; j < 5; ++j) {
      double mean = -model.b[j];
      double spread = 0.0;
      for (Eigen::Index i = 0; i < 5; ++i) {
        const double left = (i == j ? 1.0 : 0.0) - G(j, i);
        const double p = features.density[i];
        mean += p * scaled_moment(law, 1.0, 1) * left;
        spread +=
            (p * scaled_moment(law, 1.0, 2) - std::pow(p * scaled_moment(law, 1.0, 1), 2)) * left * left;
      }
      loss += features.importance[j] * (spread + mean * mean);
    }
    CHECK(exact_loss(linear, with_values(features, values)).loss == Approx(loss).epsilon(1e-13));
  }
}

TEST_CASE("laws: the zero model, and a floor that signed values leave") {
  FeatureDistribution features = with_values(uniform_features(3, 0.2), ActiveValue::signed_uniform);
  const ToyModel zero{Eigen::MatrixXd::Zero(2, 3), Eigen::VectorXd::Zero(3)};
  CHECK(exact_loss(zero, features).loss == Approx(0.2).epsilon(1e-14));
  CHECK(zero_model_loss(features) == Approx(0.2).epsilon(1e-15));
  // With room for all, nothing is left but what a ReLU cannot answer: p E[min(x, 0)²] = 0.2/6 each.
  const ToyModel best{Eigen::MatrixXd::Identity(3, 3), Eigen::VectorXd::Zero(3)};
  CHECK(exact_loss(best, features).loss == Approx(0.1).epsilon(1e-14));
  CHECK(absent_bias(law_of(features), 0.2) == 0.0);
  CHECK(absent_bias(Law{-2.0, -1.0}, 0.2) == 0.0);
  CHECK(absent_bias(Law{1.0, 2.0}, 0.2) == Approx(0.3));
}

TEST_CASE("laws: a constant value is summed over all patterns of up to 40 features") {
  // 2^16 patterns one by one.
  const Eigen::Index n = 16;
  const ToyModel model = random_model(n, 4, 0.5, 5);
  const FeatureDistribution features = with_values(uneven_features(n, 5), ActiveValue::binary);
  double loss = 0.0;
  std::vector<double> by_count(std::size_t(n) + 1, 0.0);
  for (std::size_t pattern = 0; pattern < std::size_t{1} << n; ++pattern) {
    Eigen::VectorXd x(n);
    double probability = 1.0;
    for (Eigen::Index i = 0; i < n; ++i) {
      x[i] = double(pattern >> std::size_t(i) & 1U);
      probability *= x[i] == 1.0 ? features.density[i] : 1.0 - features.density[i];
    }
    const Eigen::VectorXd output = (model.W.transpose() * (model.W * x) + model.b).cwiseMax(0.0);
    const double error = features.importance.dot((x - output).cwiseAbs2());
    loss += probability * error;
    by_count[std::size_t(x.sum())] += error;
  }
  CHECK(exact_loss(model, features).loss == Approx(loss).epsilon(1e-13));
  const Eigen::VectorXd L = decompose(model, features.importance, {}, features.values).L();
  for (Eigen::Index k = 0; k <= n; ++k) CHECK(L[k] == Approx(by_count[std::size_t(k)]).epsilon(1e-12));
}

TEST_CASE("laws: a constant value of more features than meet in the middle, to the error stated") {
  // The same model on either way: 40 others meet in the middle; one more that adds nearly nothing does not.
  const Eigen::Index n = 24;
  const Eigen::Index more = 20;
  ToyModel model{Eigen::MatrixXd::Zero(4, n + more), Eigen::VectorXd::Constant(n + more, 0.05)};
  model.W.leftCols(n) = random_model(n, 4, 0.5, 5).W;
  model.b.head(n) = random_model(n, 4, 0.5, 5).b;
  FeatureDistribution features = with_values(uneven_features(n + more, 5), ActiveValue::binary);
  features.density.head(n) *= 0.3;
  const LossGradient exact = exact_loss_gradient(model, features);
  ToyModel touched = model;
  touched.W.rightCols(more).setConstant(1e-9);
  ExactLossOptions options;
  for (const double tolerance : {1e-3, 1e-4}) {
    options.relative_tolerance = tolerance;
    const LossGradient lattice = exact_loss_gradient(touched, features, options);
    CAPTURE(tolerance, exact.loss, lattice.loss, lattice.error);
    CHECK(lattice.nodes > 0);
    CHECK(std::abs(lattice.loss - exact.loss) <= lattice.error + 1e-7 * exact.loss);
    CHECK(lattice.error <= tolerance * exact.loss);
    CHECK((lattice.by_W - exact.by_W).leftCols(n).norm() <= 10.0 * tolerance * exact.by_W.norm());
  }
  options.relative_tolerance = 1e-12;
  options.max_nodes = 4096;
  CHECK_THROWS_WITH(exact_loss(touched, features, options), Catch::Contains("achieved, 1.0e-12 asked for"));
}
