#include "core/files/data_file.hpp"

#include <catch2/catch.hpp>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/files/safetensors.hpp"
#include "tests/temporary_folder.hpp"

namespace {

using namespace digon;

Tensor counting(std::vector<std::size_t> shape) {
  Tensor tensor{shape, std::vector<double>(*element_count(shape))};
  double next = 0.0;
  for (double& value : tensor.values) value = next++;
  return tensor;
}

}  // namespace

TEST_CASE("samples [T, n] are read from the only matrix, or from x") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "data.safetensors";
  Safetensors stored;
  stored.tensors["whatever"] = counting({2, 3});
  stored.tensors["ids"] = counting({2});
  write_file_atomically(file, serialize(stored));
  const auto data = load_data(file);
  CHECK(data->source == file.string());
  CHECK(data->x == (Eigen::MatrixXd(3, 2) << 0, 3, 1, 4, 2, 5).finished());

  stored.tensors["other"] = counting({4, 3});
  write_file_atomically(file, serialize(stored));
  CHECK_THROWS_WITH(load_data(file), Catch::Contains("more than one matrix"));
  stored.tensors["x"] = counting({5, 3});
  write_file_atomically(file, serialize(stored));
  CHECK(load_data(file)->x.cols() == 5);
  stored.tensors["x"] = counting({5, 3, 1});
  write_file_atomically(file, serialize(stored));
  CHECK_THROWS_WITH(load_data(file), Catch::Contains("accepted: samples [T, n]"));
  write_file_atomically(file, "no tensors at all, only text");
  CHECK_THROWS_AS(load_data(file), InputError);
}
