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
  const std::string two = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)";
  refused("{" + two + R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight,
          "'a' is in the safetensors header twice");
  refused(R"({"__metadata__":{},"__metadata__":{}})", "",
          "'__metadata__' is in the safetensors header twice");
  refused(R"({"W":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"shape":[1]}})", eight,
          "has the key 'shape' twice");
}

TEST_CASE("a lying header length is refused") {
  std::string bytes = safetensors_of("{}", "");
  const std::uint64_t huge = ~std::uint64_t{0} - 4;
  std::memcpy(bytes.data(), &huge, 8);
  CHECK_THROWS_WITH(digon::parse_safetensors(bytes, "evil"),
                    Catch::Contains("claims 18446744073709551611 bytes"));
}

TEST_CASE("metadata that is null is none") {
  const std::string header = R"({"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  CHECK(digon::parse_safetensors(safetensors_of(header, std::string(4, '\0')), "file").metadata.empty());
}

TEST_CASE("a header is read in time linear in its length") {
  // A second or so of these would be hours, were each entry to look through those before it.
  constexpr std::size_t count = 200'000;
  std::string header = "{";
  for (std::size_t k = 0; k < count; ++k) {
    header += (k == 0 ? "\"t" : ",\"t") + std::to_string(k) +
              R"(":{"dtype":"F32","shape":[1],"data_offsets":[)" + std::to_string(4 * k) + "," +
              std::to_string(4 * k + 4) + "]}";
  }
  const std::string bytes = safetensors_of(header + "}", std::string(4 * count, '\0'));
  CHECK(digon::index_safetensors(bytes, "file").tensors.size() == count);
}
