#include "core/files/run.hpp"
#include "core/files/model_file.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/files/safetensors.hpp"
#include "tests/temporary_folder.hpp"

namespace {

digon::Tensor tensor(std::vector<std::size_t> shape, double first) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  std::vector<double> values(count);
  for (std::size_t k = 0; k < count; ++k) values[k] = first + double(k);
  return {std::move(shape), std::move(values), digon::StoredType::float32};
}

std::filesystem::path write(const digon::TemporaryFolder& folder, const digon::Safetensors& file) {
  const auto path = folder.path() / "model.safetensors";
  digon::write_file_atomically(path, digon::serialize(file));
  return path;
}

}  // namespace

TEST_CASE("a run reads back as it was saved") {
  const digon::TemporaryFolder folder;
  digon::Run run;
  run.command = "train";
  run.settings = {{"seed", 3}};
  run.steps_done = {12, 9};
  run.complete = false;
  run.seconds = 1.5;
  for (int k = 0; k < 2; ++k) {
    // float32 holds these exactly.
    const digon::ToyModel model{Eigen::MatrixXd::Constant(2, 3, 0.5 + k), Eigen::VectorXd::Constant(3, -0.25),
                                k == 0 ? digon::ModelKind::linear : digon::ModelKind::relu_output};
    run.models.push_back({model,
                          {Eigen::Vector3d(1, 0.1, 0.3), Eigen::Vector3d(1, 0.9, 0.81)},
                          18446744073709551615ULL - std::uint64_t(k)});
  }
  digon::save_run(folder.path(), run);
  const digon::Run read = digon::load_run(folder.path());
  CHECK(read.command == run.command);
  CHECK(read.settings == run.settings);
  CHECK(read.steps_done == run.steps_done);
  CHECK_FALSE(read.complete);
  REQUIRE(read.models.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(read.models[k].model.W == run.models[k].model.W);
    CHECK(read.models[k].model.b == run.models[k].model.b);
    CHECK(read.models[k].model.kind == run.models[k].model.kind);
    CHECK(read.models[k].features.density == run.models[k].features.density);
    CHECK(read.models[k].features.importance == run.models[k].features.importance);
    CHECK(read.models[k].seed == run.models[k].seed);
  }
}

TEST_CASE("snapshots read back: each that was taken is a model, with its instance and step") {
  const digon::TemporaryFolder folder;
  const auto described = [](double density) {
    return digon::TrainedModel{{}, digon::uniform_features(3, density), 7};
  };
  digon::Safetensors file{{}, digon::own_metadata({described(0.5), described(0.25)})};
  file.tensors = {{"W", tensor({2, 2, 3, 1}, 0.0)},
                  {"b_final", tensor({2, 2, 3}, 0.0)},
                  {"step", {{2}, {0.0, 100.0}, digon::StoredType::float64}},
                  {"taken", {{2}, {2.0, 1.0}, digon::StoredType::float64}}};
  // What was not taken is NaN.
  for (std::size_t k = 9; k < 12; ++k) {
    file.tensors["W"].values[k] = std::numeric_limits<double>::quiet_NaN();
  }
  const auto models = digon::load_models(write(folder, file));
  REQUIRE(models.size() == 3);
  CHECK(digon::name_of(models[0]) == "instance 0, step 0");
  CHECK(digon::name_of(models[1]) == "instance 0, step 100");
  CHECK(digon::name_of(models[2]) == "instance 1, step 0");
  CHECK(models[1].model.W == Eigen::RowVector3d(3, 4, 5));
  CHECK(models[2].model.b == Eigen::Vector3d(6, 7, 8));
  CHECK(models[2].features->density[0] == 0.25);
  CHECK(models[2].seed == 7);

  const auto refused = [&](const std::string& tensor_name, digon::Tensor changed, const std::string& reason) {
    digon::Safetensors wrong = file;
    wrong.tensors[tensor_name] = std::move(changed);
    CHECK_THROWS_WITH(digon::load_models(write(folder, wrong)), Catch::Contains(reason));
  };
  refused("taken", tensor({2}, 2.0), "instance 1, step 100: W: contains NaN");
  refused("taken", tensor({3}, 2.0), "taken is not [instances]");
  refused("taken", {{2}, {0.0, 0.0}, digon::StoredType::float64}, "has no snapshot that was taken");
  refused("step", tensor({3}, 0.0), "step is not [snapshots]");
  refused("step", tensor({2}, -1.0), "step has -1");
  refused("W", tensor({2, 3, 1}, 0.0), "W is not [instances, snapshots, n, m]");
  refused("b_final", tensor({2, 3}, 0.0), "b_final is not [instances, snapshots, n]");
  // What a tied model has no use for may be of any shape.
  digon::Safetensors with_more = file;
  with_more.tensors["W_out"] = tensor({5}, 0.0);
  CHECK(digon::load_models(write(folder, with_more)).size() == 3);
  CHECK_THROWS_WITH(digon::load_models(write(folder, file), {digon::WeightLayout::features_first}),
                    Catch::Contains("snapshots of Digon's own"));
}

TEST_CASE("files without Digon's metadata are ReLU output models, row i of W feature i") {
  const digon::TemporaryFolder folder;
  digon::Safetensors file;
  file.tensors = {{"W", tensor({3, 2}, 0.0)}, {"b", tensor({3}, 7.0)}};
  const auto models = digon::load_models(write(folder, file));
  REQUIRE(models.size() == 1);
  CHECK(models[0].model.kind == digon::ModelKind::relu_output);
  CHECK_FALSE(models[0].features.has_value());
  CHECK(models[0].model.W.col(1) == Eigen::Vector2d(2, 3));
  CHECK(models[0].model.b == Eigen::Vector3d(7, 8, 9));
}

TEST_CASE("tensors that are no toy model are refused") {
  const digon::TemporaryFolder folder;
  const auto refused = [&](std::map<std::string, digon::Tensor> tensors, const std::string& reason,
                           std::map<std::string, std::string> metadata = {}) {
    CHECK_THROWS_WITH(digon::load_models(write(folder, {std::move(tensors), std::move(metadata)})),
                      Catch::Contains(reason));
  };
  refused({{"b_final", tensor({1, 3}, 0)}}, "no tensor 'W'");
  refused({{"W", tensor({1, 3, 2}, 0)}}, "has no bias ('b_final' or 'b')");
  refused({{"W", tensor({6}, 0)}, {"b", tensor({3}, 0)}}, "1 dimensions");
  refused({{"W", tensor({1, 3, 2}, 0)}, {"b", tensor({1, 4}, 0)}}, "bias");
  refused({{"W", tensor({0, 3, 2}, 0)}, {"b", tensor({0, 3}, 0)}}, "empty");
  auto nan = tensor({1, 3, 2}, 0);
  nan.values[4] = std::numeric_limits<double>::quiet_NaN();
  refused({{"W", nan}, {"b", tensor({1, 3}, 0)}}, "instance 0: W: contains NaN");
  auto infinite = tensor({1, 3}, 0);
  infinite.values[0] = std::numeric_limits<double>::infinity();
  refused({{"W", tensor({1, 3, 2}, 0)}, {"b", infinite}}, "b: contains NaN or infinity");

  const std::map<std::string, digon::Tensor> good{{"W", tensor({1, 3, 2}, 0)},
                                                  {"b_final", tensor({1, 3}, 0)}};
  refused(good, "metadata 'instances' is not valid JSON",
          {{"instances", "nonsense"}, {"digon_version", "1"}});
  refused(good, "not the JSON Digon writes", {{"instances", "[{}]"}, {"digon_version", "1"}});
  refused(good, "describes 2 instances", {{"instances", "[{},{}]"}, {"digon_version", "1"}});
  refused(good, "density: feature 1 has 2",
          {{"instances", R"([{"kind":"linear","density":[1,2,1],"importance":[1,1,1],"seed":0}])"},
           {"digon_version", "1"}});
  refused(good, "describes 1 features",
          {{"instances", R"([{"kind":"linear","density":[1],"importance":[1],"seed":0}])"},
           {"digon_version", "1"}});
}
