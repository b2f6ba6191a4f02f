#include "core/files/npy.hpp"

#include <algorithm>
#include <boost/crc.hpp>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>

#include "core/base/input_error.hpp"
#include "core/files/tensor_file.hpp"

namespace {

using digon::parse_npy;
using digon::TensorFile;

digon::Tensor read_npy(const std::string& bytes) {
  return digon::read_tensor(parse_npy(bytes, "file"), "file", "array");
}

/// A .npy file of version 1 with this header and data.
std::string npy(const std::string& header, const std::string& data) {
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data;
}

std::string floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string header(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

std::string little_endian(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t k = 0; k < width; ++k) bytes += static_cast<char>(value >> 8 * k & 0xff);
  return bytes;
}

/// An archive of one stored file, which its directory calls by each of the names and says to be so large.
std::string archive(const std::string& file, const std::vector<std::string>& names,
                    std::uint64_t compressed_size, std::uint64_t size) {
  boost::crc_32_type crc;
  crc.process_bytes(file.data(), file.size());
  // version, flags, method (stored), time, date, CRC-32, sizes and the name's length; APPNOTE.TXT 4.3.7
  const auto fields = [&](std::uint64_t compressed, std::uint64_t whole, const std::string& name) {
    return little_endian(20, 2) + std::string(8, '\0') + little_endian(crc.checksum(), 4) +
           little_endian(compressed, 4) + little_endian(whole, 4) + little_endian(name.size(), 2) +
           little_endian(0, 2);
  };
  const std::string local =
      "PK\x03\x04" + fields(file.size(), file.size(), names.front()) + names.front() + file;
  std::string directory;
  for (const std::string& name : names) {
    directory += "PK\x01\x02" + little_endian(20, 2) + fields(compressed_size, size, name) +
                 std::string(14, '\0') + name;
  }
  return local + directory + "PK\x05\x06" + little_endian(0, 4) + little_endian(names.size(), 2) +
         little_endian(names.size(), 2) + little_endian(directory.size(), 4) +
         little_endian(local.size(), 4) + little_endian(0, 2);
}

}  // namespace

TEST_CASE("arrays in C and in Fortran order read the same") {
  const auto c = read_npy(npy(header("<f4", "False", "(2, 3)"), floats({1, 2, 3, 4, 5, 6})));
  CHECK(c.shape == std::vector<std::size_t>{2, 3});
  CHECK(c.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  const auto fortran = read_npy(npy(header("<f4", "True", "(2, 3)"), floats({1, 4, 2, 5, 3, 6})));
  CHECK(fortran.shape == c.shape);
  CHECK(fortran.values == c.values);
  // numpy.asfortranarray(numpy.arange(8).reshape(2, 2, 2)) as it lies in memory
  const auto cube = read_npy(npy(header("<f4", "True", "(2, 2, 2)"), floats({0, 4, 2, 6, 1, 5, 3, 7})));
  CHECK(cube.values == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(read_npy(npy(header("<f4", "False", "(3,)"), floats({1, 2, 3}))).shape ==
        std::vector<std::size_t>{3});
  CHECK(read_npy(npy(header("<f4", "False", "()"), floats({7}))).values == std::vector<double>{7});
  // 1.5 and −2 in IEEE half precision
  CHECK(read_npy(npy(header("<f2", "False", "(2,)"), std::string("\x00\x3e\x00\xc0", 4))).values ==
        std::vector<double>{1.5, -2});
}

TEST_CASE("bad .npy files are refused with a reason") {
  const auto refused = [](const std::string& bytes, const std::string& reason) {
    CAPTURE(reason);
    CHECK_THROWS_WITH(parse_npy(bytes, "evil"), Catch::StartsWith("evil: ") && Catch::Contains(reason));
  };
  refused("", "does not begin with");
  refused("not a file at all", "does not begin with");
  const std::string good = npy(header("<f4", "False", "(2, 3)"), floats({1, 2, 3, 4, 5, 6}));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_THROWS_AS(parse_npy(good.substr(0, size), "evil"), digon::InputError);
  }
  refused(good + "xxxx", "does not fill");
  refused(npy("{'fortran_order': False, 'shape': (1,), }", ""), "no 'descr'");
  refused(npy(header("<f4", "False", "(-1,)"), ""), "'-1' in the .npy header");
  refused(npy(header("<f4", "False", "(1, , 2)"), ""), "is not the length of an axis");
  refused(npy(header("<f4", "False", "3"), ""), "is not a tuple");
  refused(npy("descr: <f4\n", ""), "is not a Python dict");
  refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", ""), "is not a tuple");
  refused(npy(header("<f8", "False", "(4611686018427387904, 4)"), ""), "does not fill");
  refused(npy(header("<f4", "False", "(4611686018427387904,)"), ""), "does not fill");
  std::string version = good;
  version[6] = 9;
  refused(version, "version 9");
  CHECK_THROWS_WITH(TensorFile("PK\x03\x04 nothing more", "evil"),
                    Catch::Contains("evil: is a zip archive without its end"));
}

TEST_CASE("headers as every writer of Python dicts makes them") {
  const std::vector<double> counting{1, 2, 3};
  const std::string data = floats({1, 2, 3});
  for (const std::string header :
       {R"({"descr": "<f4", "fortran_order": False, "shape": (3,)})",
        "{'shape':(3L,),'descr':'f4','fortran_order':False}",
        "{'descr': '=f4', 'fortran_order': False, 'shape': (1L, 3L), 'comment': 'a, }, b'}   \n"}) {
    CHECK(read_npy(npy(header, data)).values == counting);
  }
  std::string swapped = data;
  for (std::size_t k = 0; k < swapped.size(); k += 4)
    std::reverse(swapped.begin() + k, swapped.begin() + k + 4);
  CHECK(read_npy(npy(header(">f4", "False", "(3,)"), swapped)).values == counting);
  CHECK(read_npy(npy(header("<f4", "False", "(3,)"), swapped)).values !=
        read_npy(npy(header("<f4", "False", "(3,)"), data)).values);
}

TEST_CASE("arrays of other types are there, but no numbers of a model") {
  for (const char* descr : {"<i8", "|b1", "<U3", "|O", "<c16"}) {
    const std::string bytes = npy(header(descr, "False", "(2, 3)"), std::string(24, '\0'));
    CHECK(parse_npy(bytes, "file").dtype == descr);
    CHECK_THROWS_WITH(read_npy(bytes), Catch::Contains(std::string("has dtype ") + descr));
  }
  CHECK(parse_npy(npy("{'descr': [('a', '<f4'), ('b', 'i4')], 'fortran_order': False, 'shape': (1,), }", ""),
                  "file")
            .dtype == "named fields");
}

TEST_CASE("an archive that claims more than it holds is refused before memory is taken for it") {
  const std::string array = npy(header("<f4", "False", "(3,)"), floats({1, 2, 3}));
  const auto read = [](const std::string& bytes) { return TensorFile(bytes, "evil").read("W"); };
  CHECK(read(archive(array, {"W.npy"}, array.size(), array.size())).values == std::vector<double>{1, 2, 3});

  const std::uint64_t huge = 3'060'491'331;
  CHECK_THROWS_WITH(read(archive(array, {"W.npy"}, array.size(), huge)),
                    Catch::Contains("evil: 'W.npy' claims 3060491331 bytes in"));
  CHECK_THROWS_WITH(read(archive(array, {"W.npy"}, huge, huge)),
                    Catch::Contains("evil: 'W.npy' claims 3060491331 compressed bytes"));
  CHECK_THROWS_WITH(read(archive(array, {"W.npy", "b.npy"}, array.size(), array.size())),
                    Catch::Contains("evil: 'b.npy' is not where") || Catch::Contains("claims bytes of"));
  std::string flipped = archive(array, {"W.npy"}, array.size(), array.size());
  flipped[flipped.find(floats({2}))] ^= 1;
  CHECK_THROWS_WITH(read(flipped), Catch::Contains("evil: 'W.npy' is damaged"));
  const std::string good = archive(array, {"W.npy"}, array.size(), array.size());
  for (std::size_t size = 2; size < good.size(); ++size) {
    CHECK_THROWS_AS(read(good.substr(0, size)), digon::InputError);
  }
}
