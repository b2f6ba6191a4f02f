#include "theory/optima/optimum_record.hpp"

#include <catch2/catch.hpp>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/sanitized.hpp"
#include "tests/temporary_folder.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"

namespace {

using namespace digon;

RecordedOptimum some(double density, double loss, std::size_t agreeing) {
  RecordedOptimum optimum;
  optimum.features = uniform_features(3, density);
  optimum.features.importance = parse_importance("I", "0.7^i", 3);
  optimum.model = {Eigen::MatrixXd::Random(2, 3), Eigen::VectorXd::Random(3)};
  optimum.loss = loss;
  optimum.agreeing = agreeing;
  optimum.populations = 4;
  optimum.date = "2026-01-31";
  optimum.version = "1";
  return optimum;
}

}  // namespace

TEST_CASE("a record takes what is new, lower or better confirmed, and nothing else") {
  OptimumRecord record;
  CHECK(add_to_record(record, some(0.1, 0.02, 1)) == RecordChange::added);
  CHECK(add_to_record(record, some(0.1, 0.03, 4)) == RecordChange::none);
  CHECK(add_to_record(record, some(0.1, 0.02, 1)) == RecordChange::none);
  CHECK(add_to_record(record, some(0.1, 0.02, 3)) == RecordChange::confirmed);
  CHECK(add_to_record(record, some(0.1, 0.01, 1)) == RecordChange::lowered);
  CHECK(add_to_record(record, some(0.2, 0.05, 1)) == RecordChange::added);
  CHECK(record.size() == 2);
  CHECK(find_recorded(record, record[0].features, 2) == record.data());
  CHECK(find_recorded(record, record[0].features, 1) == nullptr);
  CHECK(find_recorded(record, uniform_features(3, 0.1), 2) == nullptr);
  // Sets of the same kind and size, of other members.
  FeatureDistribution paired = record[0].features;
  paired.sets = {{SetRelation::correlated, {0, 1}}};
  CHECK(find_recorded(record, paired, 2) == nullptr);
  RecordedOptimum of_pair = some(0.1, 0.02, 1);
  of_pair.features = paired;
  CHECK(add_to_record(record, of_pair) == RecordChange::added);
  CHECK(find_recorded(record, paired, 2) == &record[2]);
  paired.sets = {{SetRelation::correlated, {1, 2}}};
  CHECK(find_recorded(record, paired, 2) == nullptr);
  paired.sets.clear();
  paired.values = ActiveValue::binary;
  CHECK(find_recorded(record, paired, 2) == nullptr);
}

TEST_CASE("a record is read back to the bit, and what is none is refused") {
  const TemporaryFolder folder;
  const OptimumRecord record{some(0.1, 0.02, 1), some(0.2, 0.05, 3)};
  CHECK(read_optimum_record(folder.path()).empty());
  write_optimum_record(folder.path(), record);
  const OptimumRecord read = read_optimum_record(folder.path());
  REQUIRE(read.size() == 2);
  CHECK(read[1].model.W == record[1].model.W);
  CHECK(read[1].model.b == record[1].model.b);
  CHECK(read[1].loss == record[1].loss);
  CHECK(read[1].agreeing == 3);
  CHECK(read_file(folder.path() / "optima.csv").find("3,2,0.2,0.7^i,") != std::string::npos);
  OptimumRecord untied = record;
  untied[0].model.kind = ModelKind::absolute_value;
  untied[0].model.W_out = Eigen::MatrixXd::Random(3, 2);
  write_optimum_record(folder.path(), untied);
  const OptimumRecord back = read_optimum_record(folder.path());
  CHECK(back.at(0).model.W_out == untied[0].model.W_out);
  CHECK(back.at(0).model.kind == ModelKind::absolute_value);
  CHECK(find_recorded(back, untied[0].features, 2) == nullptr);
  CHECK(find_recorded(back, untied[0].features, 2, ModelKind::absolute_value) == &back[0]);
  write_file_atomically(folder.path() / "optima.safetensors", "not one");
  CHECK_THROWS_AS(read_optimum_record(folder.path()), InputError);
}

TEST_CASE("the record that Digon carries holds what it says") {
  for (std::size_t k = 0; k < recorded_optima().size(); k += is_sanitized ? 5 : 1) {
    const RecordedOptimum& one = recorded_optima()[k];
    CAPTURE(one.model.features(), one.model.hidden(), one.features.density[0],
            one.features.importance.transpose());
    if (has_relu_hidden(one.model.kind)) {  // by other samples
      const bool is_small = one.model.features() <= 10;
      const HiddenReluLoss loss =
          hidden_relu_loss(one.model, one.features,
                           {.relative_tolerance = is_small ? 1e-4 : 1e-3,
                            .most_samples = is_small ? std::size_t(1) << 20 : std::size_t(1) << 16,
                            .seed = 3});
      CHECK(std::abs(loss.loss - one.loss) <= 3.0 * loss.error + 1e-15);
      CHECK(std::abs(loss.loss - 1.1 * one.loss) > 3.0 * loss.error + 1e-18);
    } else {
      const double tolerance = one.model.features() <= 40 ? 1e-10 : 1e-7;  // a second each to 1e-10
      const double loss = exact_loss(one.model, one.features, {.relative_tolerance = tolerance}).loss;
      CHECK(loss == Approx(one.loss).epsilon(100.0 * tolerance));
    }
    CHECK(one.agreeing <= one.populations);
    CHECK(find_recorded(recorded_optima(), one.features, one.model.hidden(), one.model.kind) == &one);
  }
}
