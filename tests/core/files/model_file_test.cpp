#include "core/files/model_file.hpp"

#include <catch2/catch.hpp>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/files/layer_file.hpp"
#include "core/files/run.hpp"
#include "core/files/safetensors.hpp"
#include "tests/random_models.hpp"
#include "tests/temporary_folder.hpp"

namespace {

using namespace digon;

using Shape = std::vector<std::size_t>;

/// A safetensors file of W counting from 1 and a bias counting from 0, of these shapes.
std::string model_file_of(const Shape& W, const Shape& b, const std::string& W_name = "W",
                          const std::string& b_name = "b_final", StoredType type = StoredType::float32) {
  const auto counting = [&](const Shape& shape, double from) {
    Tensor tensor{shape, std::vector<double>(*element_count(shape)), type};
    for (double& value : tensor.values) value = from++;
    return tensor;
  };
  Safetensors file;
  file.tensors[W_name] = counting(W, 1.0);
  if (!b.empty()) file.tensors[b_name] = counting(b, 0.0);
  return serialize(file);
}

}  // namespace

TEST_CASE("the bias tells which axis of W is features") {
  // The same numbers, of 3 features in 2 dimensions, stored either way.
  const ToyModel rows = parse_models(model_file_of({3, 2}, {3}), "file").front().model;
  CHECK(rows.W == (Eigen::MatrixXd(2, 3) << 1, 3, 5, 2, 4, 6).finished());
  CHECK(rows.b == Eigen::Vector3d(0, 1, 2));
  const ToyModel columns = parse_models(model_file_of({2, 3}, {3}, "w", "b"), "file").front().model;
  CHECK(columns.W == (Eigen::MatrixXd(2, 3) << 1, 2, 3, 4, 5, 6).finished());
  const auto stacked = parse_models(model_file_of({2, 2, 3}, {2, 3}), "file");
  REQUIRE(stacked.size() == 2);
  CHECK(stacked[1].model.W == (Eigen::MatrixXd(2, 3) << 7, 8, 9, 10, 11, 12).finished());
  CHECK(stacked[1].model.b == Eigen::Vector3d(3, 4, 5));
  CHECK(parse_models(model_file_of({2, 3, 2}, {2, 3}), "file")[0].model.W == rows.W);
}

TEST_CASE("where the bias cannot tell, --layout does") {
  const std::string square = model_file_of({2, 2}, {2});
  CHECK_THROWS_WITH(parse_models(square, "file"),
                    Catch::Contains("W [2, 2] is square") && Catch::Contains("--layout n,m or m,n"));
  CHECK(parse_models(square, "file", {WeightLayout::features_first})[0].model.W ==
        (Eigen::Matrix2d() << 1, 3, 2, 4).finished());
  CHECK(parse_models(square, "file", {WeightLayout::hidden_first})[0].model.W ==
        (Eigen::Matrix2d() << 1, 2, 3, 4).finished());
  const std::string unbiased = model_file_of({3, 2}, {});
  CHECK_THROWS_WITH(parse_models(unbiased, "file"), Catch::Contains("has no bias"));
  CHECK(parse_models(unbiased, "file", {WeightLayout::features_first})[0].model.b == Eigen::Vector3d::Zero());
  CHECK(parse_models(unbiased, "file", {WeightLayout::hidden_first})[0].model.features() == 2);
  CHECK_THROWS_WITH(parse_models(model_file_of({3, 2}, {3}), "file", {WeightLayout::hidden_first}),
                    Catch::Contains("one value for each feature"));
  CHECK_THROWS_WITH(parse_models(model_file_of({3, 2}, {4}), "file"),
                    Catch::Contains("one value for each feature"));
  CHECK_THROWS_WITH(parse_models(model_file_of({3, 2}, {3}, "matrix"), "file"),
                    Catch::Contains("no tensor 'W' or 'w'"));
  CHECK_THROWS_WITH(parse_models(model_file_of({6}, {3}), "file"), Catch::Contains("W has 1 dimensions"));
}

TEST_CASE("Digon's own square models need no layout") {
  const TrainedModel square{random_model(3, 3, 1.0, 1), uniform_features(3, 0.5), 7};
  const auto read = parse_models(serialize_models({square}), "file");
  CHECK(read[0].model.W.isApprox(square.model.W, 1e-6));
  CHECK(read[0].seed == 7);
}

TEST_CASE("weights in half precision read as the numbers they are") {
  for (const StoredType type : {StoredType::float16, StoredType::bfloat16}) {
    const ToyModel model = parse_models(model_file_of({3, 2}, {3}, "W", "b", type), "file").front().model;
    CHECK(model.W == (Eigen::MatrixXd(2, 3) << 1, 3, 5, 2, 4, 6).finished());
  }
}

TEST_CASE("tensors that are no part of the model may be of any type") {
  std::string bytes = model_file_of({3, 2}, {3});
  const std::size_t at = bytes.find("{\"W\"");
  REQUIRE(at != std::string::npos);
  Safetensors with_more = parse_safetensors(bytes, "file");
  with_more.tensors["steps"] = {{1}, {0.0}, StoredType::float64};
  bytes = serialize(with_more);
  const std::size_t dtype = bytes.find("F64");
  bytes.replace(dtype, 3, "I64");
  CHECK(parse_models(bytes, "file")[0].model.features() == 3);
  CHECK_THROWS_WITH(parse_safetensors(bytes, "file"), Catch::Contains("'steps' has dtype I64"));
}

TEST_CASE("a layer's vectors are what there is more of, or as --layout says") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "layer.safetensors";
  Eigen::MatrixXf block(2, 2);
  write_file_atomically(file, model_file_of({3, 2}, {}, "decoder"));
  const LayerFile tall(file);
  CHECK(tall.count() == 3);
  tall.read(1, block);
  CHECK(block == (Eigen::Matrix2f() << 3, 5, 4, 6).finished());
  write_file_atomically(file, model_file_of({2, 3}, {}, "decoder", "", StoredType::bfloat16));
  const LayerFile wide(file);
  CHECK(wide.count() == 3);
  wide.read(1, block);
  CHECK(block == (Eigen::Matrix2f() << 2, 3, 5, 6).finished());
  CHECK(LayerFile(file, "decoder", WeightLayout::features_first).count() == 2);
  CHECK_THROWS_WITH(LayerFile(file, "encoder"),
                    Catch::Contains("--tensor: 'encoder' is not in") && Catch::Contains("decoder [2, 3]"));
  write_file_atomically(file, model_file_of({2, 2}, {}, "decoder"));
  CHECK_THROWS_WITH(LayerFile(file), Catch::Contains("is square"));
  Safetensors two;
  two.tensors["a"] = {{1, 2}, {1, 2}, StoredType::float32};
  two.tensors["b"] = {{2, 1}, {1, 2}, StoredType::float32};
  write_file_atomically(file, serialize(two));
  CHECK_THROWS_WITH(LayerFile(file),
                    Catch::Contains("--tensor is needed") && Catch::Contains("a [1, 2] F32, b [2, 1] F32"));
  CHECK_THROWS_WITH(LayerFile(folder.path() / "missing.npy"), Catch::Contains("cannot be read"));
  CHECK_THROWS_WITH(LayerFile(folder.path()), Catch::Contains("cannot be read"));
}

TEST_CASE("a foreign file's activation is heeded, or refused by name") {
  const auto with_activation = [](const std::string& name) {
    Safetensors file;
    file.tensors["W"] = {{3, 2}, std::vector<double>(6, 0.5)};
    file.tensors["b"] = {{3}, std::vector<double>(3, 0.0)};
    file.metadata["activation"] = name;
    return parse_models(serialize(file), "file").front().model.kind;
  };
  CHECK(with_activation("relu") == ModelKind::relu_output);
  CHECK(with_activation("ReLU") == ModelKind::relu_output);
  CHECK(with_activation("identity") == ModelKind::linear);
  CHECK_THROWS_WITH(with_activation("gelu"),
                    Catch::Contains("file: metadata say the activation is 'gelu'; accepted: relu, identity"));
}
