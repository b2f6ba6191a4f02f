#include "core/files/safetensors.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "core/base/input_error.hpp"

namespace {

using digon::InputError;
using digon::StoredType;

/// A file with this header and data, its length field honest unless given.
std::string safetensors_of(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

}  // namespace

TEST_CASE("what is written reads back") {
  digon::Safetensors file;
  file.tensors["W"] = {{2, 1, 3}, {1, 2, 3, 4, 5.5, -1e-30}, StoredType::float64};
  file.tensors["b"] = {{2}, {0.25, -8}, StoredType::float32};
  file.tensors["empty"] = {{0, 4}, {}, StoredType::float32};
  file.metadata = {{"note", "a \"quoted\" word, ß"}};
  const auto read = digon::parse_safetensors(digon::serialize(file), "file");
  REQUIRE(read.tensors.size() == 3);
  for (const auto& [name, tensor] : file.tensors) {
    CHECK(read.tensors.at(name).shape == tensor.shape);
    CHECK(read.tensors.at(name).values == tensor.values);
    CHECK(read.tensors.at(name).stored_as == tensor.stored_as);
  }
  CHECK(read.metadata == file.metadata);
}

TEST_CASE("every truncation of a good file is refused") {
  digon::Safetensors file;
  file.tensors["W"] = {{2, 2}, {1, 2, 3, 4}, StoredType::float32};
  const std::string bytes = digon::serialize(file);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(digon::parse_safetensors(bytes.substr(0, size), "file"), InputError);
  }
  CHECK_THROWS_WITH(digon::parse_safetensors(bytes + "x", "file"), Catch::Contains("belong to no tensor"));
}

TEST_CASE("hostile files are refused with a reason") {
  const auto refused = [](const std::string& header, const std::string& data, const std::string& reason) {
    CAPTURE(header);
    CHECK_THROWS_WITH(digon::parse_safetensors(safetensors_of(header, data), "evil"),
                      Catch::StartsWith("evil: ") && Catch::Contains(reason));
  };
  const std::string eight(8, '\0');
  refused("", "", "not valid JSON");
  refused("[]", "", "not a JSON object");
  refused("{\"W\":", "", "not valid JSON");
  refused(std::string(100'000, '['), "", "not valid JSON");
  refused(R"({"W":3})", "", "lacks a dtype");
  refused(R"({"W":{"dtype":"F32","shape":[2]}})", eight, "lacks a dtype");
  refused(R"({"W":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight, "lacks a dtype");
  refused(R"({"W":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})", eight, "lacks a dtype");
  refused(R"({"W":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}})", eight, "lacks a dtype");
  refused(R"({"W":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", eight, "dtype I64");
  refused(R"({"W":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", eight, "claims bytes 8 to 0");
  refused(R"({"W":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}})", eight, "claims bytes 0 to 16");
  refused(R"({"W":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", eight, "does not fill");
  refused(R"({"W":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", "",
          "does not fill");
  refused(R"({"W":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})", "", "does not fill");
  refused(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
      eight, "overlaps");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight, "leaves a gap");
  refused(R"({"__metadata__":{"a":1}})", "", "not a string");
  refused(R"({"__metadata__":[]})", "", "not an object");
}

TEST_CASE("a lying header length is refused") {
  std::string bytes = safetensors_of("{}", "");
  const std::uint64_t huge = ~std::uint64_t{0} - 4;
  std::memcpy(bytes.data(), &huge, 8);
  CHECK_THROWS_WITH(digon::parse_safetensors(bytes, "evil"),
                    Catch::Contains("claims 18446744073709551611 bytes"));
}
