#include "geometry/layer_geometry.hpp"

#include <catch2/catch.hpp>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "core/base/random.hpp"

namespace {

using namespace digon;

Eigen::MatrixXf random_vectors(Eigen::Index n, Eigen::Index m, std::uint64_t seed) {
  std::vector<double> normal(std::size_t(n * m));
  fill_standard_normal(normal, {seed, Purpose::initial_weights});
  return Eigen::Map<Eigen::MatrixXd>(normal.data(), m, n).cast<float>();
}

VectorBlocks blocks_of(const Eigen::MatrixXf& W) {
  return {W.cols(), W.rows(), [&W](Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) {
            block = W.middleCols(begin, block.cols());
          }};
}

}  // namespace

TEST_CASE("a layer in blocks is measured as the whole matrix is") {
  Eigen::MatrixXf W = random_vectors(75, 12, 3);
  W.col(20).setZero();
  W.col(41) = -2.0F * W.col(7);  // the closest pair: antipodal
  const FeatureGeometry whole = feature_geometry(W.cast<double>());
  Eigen::MatrixXd unit = W.cast<double>();
  for (Eigen::Index i = 0; i < unit.cols(); ++i) unit.col(i).normalize();
  Eigen::MatrixXd cosines = gram(unit);
  const double frame = cosines.squaredNorm();
  cosines.diagonal().setZero();
  for (const Eigen::Index block : {1, 8, 75, 100}) {
    LayerGeometryOptions options;
    options.block = block;
    std::size_t advanced = 0;
    options.threads = 1;
    options.advance = [&](std::size_t blocks) { advanced += blocks; };
    const LayerGeometry found = *layer_geometry(blocks_of(W), options);
    CHECK(advanced == blocks_of_pairs(75, options));
    CHECK(found.nonzero == 74);
    CHECK(found.features.norm.isApprox(whole.norm, 1e-12));
    CHECK(found.features.superposition.isApprox(whole.superposition, 1e-12));
    CHECK(found.features.dimensionality.isApprox(whole.dimensionality, 1e-12));
    CHECK(found.features.dimensions_per_feature == Approx(whole.dimensions_per_feature).epsilon(1e-12));
    CHECK(found.frame_potential == Approx(frame).epsilon(1e-12));
    CHECK(found.mean_squared_cosine == Approx(cosines.squaredNorm() / (74.0 * 73.0)).epsilon(1e-12));
    CHECK((found.largest_cosine - cosines.cwiseAbs().colwise().maxCoeff().transpose()).cwiseAbs().maxCoeff() <
          1e-6);
    std::vector<std::uint64_t> counts(cosine_bins, 0);
    for (Eigen::Index j = 0; j < cosines.cols(); ++j) {
      for (Eigen::Index i = 0; i < j; ++i) {
        if (i != 20 && j != 20)
          ++counts[std::min<std::size_t>(cosine_bins - 1, std::size_t((cosines(i, j) + 1.0) * 20.0))];
      }
    }
    counts[0] += counts[1];  // the antipodal pair, whose cosine may be rounded
    std::vector<std::uint64_t> of_blocks = found.cosine_counts;
    of_blocks[0] += of_blocks[1];
    CHECK(of_blocks == counts);
    REQUIRE(found.closest);
    CHECK(std::min(found.closest->first, found.closest->second) == 7);
    CHECK(std::max(found.closest->first, found.closest->second) == 41);
    CHECK(found.closest->cosine == Approx(-1.0).epsilon(1e-12));
  }
}

TEST_CASE("the measure of a layer does not depend on the number of threads") {
  const Eigen::MatrixXf W = random_vectors(300, 10, 5);
  LayerGeometryOptions options;
  options.block = 16;
  options.threads = 1;
  const LayerGeometry one = *layer_geometry(blocks_of(W), options);
  options.threads = 4;
  const LayerGeometry four = *layer_geometry(blocks_of(W), options);
  CHECK(one.features.superposition == four.features.superposition);
  CHECK(one.frame_potential == four.frame_potential);
  CHECK(one.largest_cosine == four.largest_cosine);
  CHECK(one.closest->first == four.closest->first);
  CHECK(one.closest->second == four.closest->second);
}

TEST_CASE("a tight equiangular layer meets the bounds") {
  // Three lines at 120°: the frame potential is n²/m, every cosine 1/2.
  Eigen::MatrixXf W(2, 3);
  W << 1.0F, -0.5F, -0.5F, 0.0F, 0.8660254F, -0.8660254F;
  const LayerGeometry found = *layer_geometry(blocks_of(W));
  CHECK(found.frame_potential == Approx(4.5).epsilon(1e-6));
  CHECK(found.mean_squared_cosine == Approx(0.25).epsilon(1e-6));
  CHECK(std::abs(found.closest->cosine) == Approx(0.5).epsilon(1e-6));
  CHECK(found.features.dimensionality.sum() == Approx(2.0).epsilon(1e-6));
}

TEST_CASE("layers without pairs, and with what is not a number") {
  LayerGeometryOptions options;
  options.coherence = false;
  const Eigen::MatrixXf two = random_vectors(2, 3, 1);
  CHECK_FALSE(layer_geometry(blocks_of(two), options)->closest);
  const Eigen::MatrixXf one = random_vectors(1, 3, 1);
  CHECK_FALSE(layer_geometry(blocks_of(one))->closest);
  CHECK(layer_geometry(blocks_of(Eigen::MatrixXf::Zero(3, 4)))->nonzero == 0);
  Eigen::MatrixXf bad = two;
  bad(1, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(layer_geometry(blocks_of(bad)), InputError);
}
