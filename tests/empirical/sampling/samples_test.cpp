#include "empirical/sampling/samples.hpp"

#include <catch2/catch.hpp>

#include "core/base/input_error.hpp"

using namespace digon;

TEST_CASE("the k-th sample drawn is the same whatever T and the threads, and the order means nothing") {
  std::vector<FeatureDistribution> laws{uniform_features(4, 0.4), uniform_features(4, 0.01),
                                        with_active(uniform_features(4, 0.0), 2)};
  laws.push_back(uniform_features(4, 0.2));
  laws.back().sets = {{SetRelation::correlated, {0, 3}}};
  for (const FeatureDistribution& law : laws) {
    constexpr Eigen::Index T = 20'000;
    const Eigen::MatrixXd x = draw_samples(law, T, 7);
    CHECK(draw_samples(law, 130, 7, 1) == x.leftCols(130));
    CHECK(draw_samples(law, 130, 8) != x.leftCols(130));
    // A mean of p/2 with a variance of p/3 − p²/4, of the first half as of the second.
    for (const Eigen::Index begin : {Eigen::Index{0}, T / 2}) {
      const auto half = x.middleCols(begin, T / 2);
      const Eigen::ArrayXd p = law.density.array();
      const Eigen::ArrayXd standard_error = ((p / 3.0 - p.square() / 4.0) / double(T / 2)).sqrt();
      CHECK((half.rowwise().mean().array() - p / 2.0).abs().maxCoeff() < 5.0 * standard_error.maxCoeff());
    }
  }
}

TEST_CASE("samples of data are drawn from them with repeats") {
  const auto data = std::make_shared<FeatureData>(FeatureData{Eigen::MatrixXd::Random(2, 3), "test"});
  const FeatureDistribution law = with_data(uniform_features(2, 0.0), data);
  const Eigen::MatrixXd x = draw_samples(law, 3000, 1);
  for (Eigen::Index k = 0; k < 3; ++k) {
    Eigen::Index count = 0;
    for (const auto& column : x.colwise()) count += Eigen::Index(column == data->x.col(k));
    CHECK(count == Approx(1000.0).margin(130.0));  // 5 standard deviations
  }
  CHECK_THROWS_AS(draw_samples(law, -1, 1), InputError);
}
